import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import { bytesOf, floatsOf } from '../float-bytes.ts'
import type { Name, Rival } from '../store.ts'

/** With its `fs` driver, a file for each name; bytes through its `Raw` methods. */
export const unstorage: Rival = {
  name: 'unstorage fs',
  share: { coldGet: 0.02, get: 0.02, miss: 0.02, set: 0.1, setTogether: 0.05, delete: 0.1 },
  open(dir, kind) {
    const storage = createStorage({ driver: fsDriver({ base: dir }) })
    return {
      async get(name) {
        if (kind === 'JSON') return (await storage.getItem(keyOf(name))) ?? undefined
        const bytes = await storage.getItemRaw<Buffer>(keyOf(name))
        return bytes ? floatsOf(bytes) : undefined
      },
      set(name, value) {
        if (kind === 'JSON') return storage.setItem(keyOf(name), value as object)
        return storage.setItemRaw(keyOf(name), bytesOf(value))
      },
      delete: name => storage.removeItem(keyOf(name)),
      close: () => storage.dispose(),
    }
  },
}

// Its keys are paths of their own kind, which do not begin with a dot.
function keyOf(name: Name): string {
  return name.slice('./'.length)
}
