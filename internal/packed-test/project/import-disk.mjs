import * as subject from '@stagcache/disk'
import scenario from './disk.mjs'

console.log(JSON.stringify(await scenario(subject, ...process.argv.slice(2))))
