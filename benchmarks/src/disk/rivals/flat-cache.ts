import { create } from 'flat-cache'
import { floatsOfText, textOf } from '../float-bytes.ts'
import type { Rival } from '../store.ts'

/**
 * One JSON file, which `load` reads whole into memory and `save` writes whole. Nothing is on disk before `save`, so each awaited
 * set ends with one, many in one tick share one; gets answer from memory, so each sample of them begins with `load`.
 */
export const flatCache: Rival = {
  name: 'flat-cache',
  share: { set: 0.003, delete: 0.003 },
  open(dir, kind) {
    const cache = create({
      cacheDir: dir,
      cacheId: 'data',
      serialize: JSON.stringify,
      deserialize: JSON.parse,
    })
    let failure: unknown
    cache.on('error', (error: unknown) => {
      failure = error
    })
    const save = () => {
      cache.save()
      if (failure !== undefined) throw failure
    }
    const put = (name: string, value: unknown) => cache.set(name, kind === 'JSON' ? value : textOf(value))
    return {
      get(name) {
        const value = cache.get(name)
        return kind === 'JSON' || value === undefined ? value : floatsOfText(value as string)
      },
      set(name, value) {
        put(name, value)
        save()
      },
      setTogether(names, values) {
        for (const [index, name] of names.entries()) put(name, values[index])
        save()
      },
      delete(name) {
        cache.delete(name)
        save()
      },
      load: () => cache.load('data', dir),
      close() {},
    }
  },
}
