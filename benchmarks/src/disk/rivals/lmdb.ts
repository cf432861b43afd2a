import { join } from 'node:path'
import { asBinary, open } from 'lmdb'
import { bytesOf, floatsOf } from '../float-bytes.ts'
import type { OpenStore, Rival } from '../store.ts'

/** With the options that it has by default. */
export const lmdb: Rival = lmdbWith('lmdb', {})

/** Never writes through to the disk, so that it promises what StagCache does: to survive the end of the process. */
export const lmdbWithoutSync: Rival = lmdbWith('lmdb noSync', { noSync: true })

/**
 * For orientation, with a second copy: where nobody wants to rely on `getBinary` handing out memory that is the caller's own
 * and lies where a typed array can begin.
 */
export const lmdbCopied: Rival = {
  ...lmdb,
  name: 'lmdb, copied',
  async open(dir, kind) {
    const store = await lmdb.open(dir, kind)
    return { ...store, get: name => (store.get(name) as Float32Array | undefined)?.slice() }
  },
}

function lmdbWith(name: string, options: { noSync?: boolean }): Rival {
  return {
    name,
    // Each awaited put waits for a commit of its own.
    share: { set: 0.2, delete: 0.2 },
    open(dir, kind): OpenStore {
      const database = open<unknown, string>({ path: join(dir, 'data'), ...options })
      const values: Pick<OpenStore, 'get' | 'set'> =
        kind === 'JSON'
          ? { get: key => database.get(key), set: (key, value) => database.put(key, value) }
          : {
              // MessagePack would hand back a plain Buffer. What `getBinary` returns is a copy, and the caller's own.
              get(key) {
                const bytes = database.getBinary(key)
                return bytes && floatsOf(bytes)
              },
              set: (key, value) => database.put(key, asBinary(bytesOf(value))),
            }
      return {
        ...values,
        delete: key => database.remove(key),
        // A put resolves when it is visible to every process; writing through to the disk goes on behind it.
        settle: () => database.flushed,
        close: () => database.close(),
      }
    },
  }
}
