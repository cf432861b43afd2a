// Announces a store and does nothing else until it is ended.
import { nodeFiles } from '../src/files.ts'
import { Liveness } from '../src/liveness.ts'

const [, , folder = '', writer = ''] = process.argv
await new Liveness(nodeFiles, folder, BigInt(writer)).announce()
setInterval(() => {}, 60_000)
console.log('ready')
