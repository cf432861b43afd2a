// What says that it ran in a runtime did run there, and not in another one that something started instead.
const [name = '', version] = (process.env['STAGCACHE_RUNTIME'] ?? '').split(' ')
if (process.versions[name] !== version)
  throw new Error(`These tests were to run in ${name} ${version}, not in ${name} ${process.versions[name]}.`)
