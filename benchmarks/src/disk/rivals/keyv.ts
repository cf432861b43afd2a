import { join } from 'node:path'
import KeyvSqlite from '@keyv/sqlite'
import Keyv from 'keyv'
import { bytesOf, floatsOf } from '../float-bytes.ts'
import type { Rival } from '../store.ts'

/** On SQLite in WAL mode, with the driver that it chooses by itself: `node:sqlite`. It keeps buffers, as base64. */
export const keyv: Rival = {
  name: 'keyv (SQLite)',
  share: { coldGet: 0.1, get: 0.1, miss: 0.1, set: 0.05, delete: 0.05 },
  open(dir, kind) {
    const uri = `sqlite://${join(dir, 'data.sqlite')}`
    const cache = new Keyv({ store: new KeyvSqlite({ uri, wal: true, busyTimeout: 10_000 }) })
    const encode = (value: unknown) => (kind === 'JSON' ? value : bytesOf(value))
    return {
      async get(name) {
        const value = await cache.get(name)
        return kind === 'JSON' || value === undefined ? value : floatsOf(value as Buffer)
      },
      async set(name, value) {
        if (!(await cache.set(name, encode(value)))) throw new Error('It could not set a value.')
      },
      async setTogether(names, values) {
        const all = await cache.setMany(names.map((key, index) => ({ key, value: encode(values[index]) })))
        if (all?.includes(false)) throw new Error('It could not set all values.')
      },
      delete: name => cache.delete(name),
      close: () => cache.disconnect(),
    }
  },
}
