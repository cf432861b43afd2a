import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm, root, setUp } from './set-up.mjs'

const [name = '', ...args] = process.argv.slice(2)
const folder = [`packages/${name}`, `internal/${name}`].find(path => name && existsSync(join(root, path)))
if (!folder) {
  console.error('Which package? For example: npm run test:package -- core')
  process.exit(1)
}
await setUp()
process.exitCode = await pnpm(['--dir', folder, 'exec', 'vitest', 'run', ...args])
