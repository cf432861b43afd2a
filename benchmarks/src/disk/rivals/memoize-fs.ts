import memoizeFs from 'memoize-fs'
import { floatsOfText, textOf } from '../float-bytes.ts'
import type { Name, Rival } from '../store.ts'

/**
 * A memoizer that keeps a file of JSON for each call. A get is a call whose function has no result, a set one that is forced,
 * a miss a get whose function throws: it stores what it does not find.
 */
export const fileMemoize: Rival = {
  name: 'memoize-fs',
  share: { coldGet: 0.02, get: 0.02, miss: 0.02, set: 0.05, setTogether: 0.05 },
  cannot: { delete: 'It invalidates whole folders, not the result of one call.' },
  async open(dir, kind) {
    const memoizer = memoizeFs({ cachePath: dir, noBody: true, ...(kind === 'JSON' ? {} : base64) })
    const recall = await memoizer.fn((_name: Name): unknown => {
      throw absent
    })
    return {
      async get(name) {
        try {
          return await recall(name)
        } catch (error) {
          if (error === absent) return undefined
          throw error
        }
      },
      async set(name, value) {
        const store = await memoizer.fn((_name: Name) => value, { force: true })
        await store(name)
      },
      close() {},
    }
  },
}

const absent = new Error('absent')

// Arguments are serialized by the same function as results are.
const base64 = {
  serialize: (value: unknown) =>
    JSON.stringify(value, (_key, part) => (part instanceof Float32Array ? textOf(part) : part)),
  deserialize: (text: string) => floatsOfText(JSON.parse(text).data),
}
