import * as cacache from 'cacache'
import { bytesOf, floatsOf } from '../float-bytes.ts'
import type { Rival } from '../store.ts'

/** npm's cache: content by its SHA-512, and a file for each name beside it. Values are text or bytes. */
export const fileCacache: Rival = {
  name: 'cacache',
  share: { coldGet: 0.01, get: 0.01, miss: 0.02, set: 0.05, setTogether: 0.05, delete: 0.05 },
  open(dir, kind) {
    const encode = kind === 'JSON' ? JSON.stringify : bytesOf
    return {
      async get(name) {
        try {
          const { data } = await cacache.get(dir, name)
          return kind === 'JSON' ? JSON.parse(data.toString()) : floatsOf(data)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
          throw error
        }
      },
      set: (name, value) => cacache.put(dir, name, encode(value)),
      delete: name => cacache.rm.entry(dir, name),
      reclaim: () => cacache.verify(dir),
      close() {},
    }
  },
}
