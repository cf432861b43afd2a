const subject = require('@stagcache/core/testing')

import('./testing.mjs').then(async ({ default: scenario }) => {
  console.log(JSON.stringify(await scenario(subject, ...process.argv.slice(2))))
})
