const subject = require('@stagcache/lifecycle')

import('./lifecycle.mjs').then(async ({ default: scenario }) => {
  console.log(JSON.stringify(await scenario(subject, ...process.argv.slice(2))))
})
