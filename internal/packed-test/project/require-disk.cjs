const subject = require('@stagcache/disk')

import('./disk.mjs').then(async ({ default: scenario }) => {
  console.log(JSON.stringify(await scenario(subject, ...process.argv.slice(2))))
})
