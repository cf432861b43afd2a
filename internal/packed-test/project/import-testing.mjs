import * as subject from '@stagcache/core/testing'
import scenario from './testing.mjs'

console.log(JSON.stringify(await scenario(subject, ...process.argv.slice(2))))
