import * as subject from '@stagcache/core'
import scenario from './core.mjs'

console.log(JSON.stringify(await scenario(subject, ...process.argv.slice(2))))
