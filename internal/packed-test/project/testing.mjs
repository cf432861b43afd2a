import { join } from 'node:path'
import { DiskStore } from '@stagcache/disk'

export default async function testing({ storeContract }, folder) {
  const dirs = new Map()
  const tests = []
  const open = dir => {
    const store = new DiskStore({ dir })
    dirs.set(store, dir)
    return store
  }
  storeContract({
    test: (name, run) => tests.push({ name, run }),
    create: () => open(join(folder, `${dirs.size}`)),
    reopen: closed => open(dirs.get(closed)),
    values: 'structured-clone',
  })
  const failures = []
  for (const { name, run } of tests) await run().catch(error => failures.push(`${name}: ${error.stack}`))
  return { tests: tests.length, failures }
}
