const subject = require('@stagcache/all')

import('./all.mjs').then(async ({ default: scenario }) => {
  console.log(JSON.stringify(await scenario(subject, ...process.argv.slice(2))))
})
