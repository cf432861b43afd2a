import { open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesOf, floatsOf } from '../float-bytes.ts'
import type { Name, OpenStore, Rival } from '../store.ts'

/** What it costs to have the bytes, without a name, a check or a promise. */
export const plainFile: Rival = {
  name: 'readFile',
  open: dir => storeOf(dir, async path => floatsOf(await readFile(path))),
}

/** What remains of that where the memory is there already. */
export const bareRead: Rival = {
  name: 'bare read',
  open(dir) {
    const arrays = new Map<string, Float32Array>()
    return storeOf(dir, async path => {
      const floats = arrays.get(path) ?? new Float32Array((await stat(path)).size / 4)
      arrays.set(path, floats)
      await using file = await open(path)
      await file.read(floats, 0, floats.byteLength, 0)
      return floats
    })
  },
}

function storeOf(dir: string, read: (path: string) => Promise<Float32Array>): OpenStore {
  const pathOf = (name: Name) => join(dir, name.replaceAll('/', '-'))
  return {
    async get(name) {
      try {
        return await read(pathOf(name))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    set: (name, value) => writeFile(pathOf(name), bytesOf(value)),
    delete: name => rm(pathOf(name)),
    close() {},
  }
}
