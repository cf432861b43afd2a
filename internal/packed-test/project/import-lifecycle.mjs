import * as subject from '@stagcache/lifecycle'
import scenario from './lifecycle.mjs'

console.log(JSON.stringify(await scenario(subject, ...process.argv.slice(2))))
