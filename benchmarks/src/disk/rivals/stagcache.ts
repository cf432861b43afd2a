import { DiskCache } from '@stagcache/disk'
import type { Rival } from '../store.ts'

/** With default options. */
export const stagCache: Rival = {
  name: 'StagCache',
  open(dir) {
    const cache = new DiskCache({ version: 1, dir })
    return {
      get: name => cache.get(name),
      set: (name, value) => cache.set(name, value),
      delete: name => cache.delete(name),
      close: () => cache.close(),
    }
  },
}
