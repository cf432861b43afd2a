import * as subject from '@stagcache/all'
import scenario from './all.mjs'

console.log(JSON.stringify(await scenario(subject, ...process.argv.slice(2))))
