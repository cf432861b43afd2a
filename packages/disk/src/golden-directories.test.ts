import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryDirectory } from '@stagcache/test-kit'
import { expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { difference } from '../test/difference.ts'
import { needsPlainTypesOfBlobs } from '../test/needs.ts'
import { entryOf } from '../test/stores.ts'
import { DiskStore } from './disk-store.ts'

/*
 * Directories as releases have left them, which every later one has to read. A new one is added when there is something new
 * in a directory; none is ever changed or removed. To add one: name it here, and run this test twice.
 */

const values: Record<string, unknown> = {
  './tree': {
    texts: ['', 'ä', 'x'.repeat(300)],
    numbers: [1, -2.5, 2 ** 40],
    deep: [[{ yes: true }]],
    nothing: null,
  },
  './graph': new Map<unknown, unknown>([
    [new Date(0), -0],
    ['set', new Set([1n, /a/g])],
  ]),
  './floats': new Float32Array(600).fill(0.5),
  './replaced': 'second',
  './ä\ud800': 'a name that is not UTF-8',
}
const text = 'kept in a file of its own'

async function make(dir: string): Promise<void> {
  const store = await new DiskStore({ dir }).open()
  store.writeSync('./replaced', entryOf('first'))
  for (const [name, value] of Object.entries(values)) store.writeSync(name, entryOf(value))
  await store.write('./blob', entryOf({ blob: new Blob([text], { type: 'text/plain' }) }))
  store.writeSync('./deleted', entryOf('deleted'))
  store.removeSync('./deleted')
  const { stamp, params } = entryOf(0)
  const claim = await store.claim('./claimed', { stamp, params }, {})
  if (typeof claim === 'object') await claim.write(entryOf('claimed'))
  await store.read('./tree')
  await store.saveSnapshot()
  store.writeSync('./later', entryOf('behind the snapshot'))
  await store.close()
}

test.each(['format-1'])('the directory %s is read for ever', async name => {
  // Files in a repository have the permissions of that.
  leaves('foreign', 'leftover')
  const golden = fileURLToPath(new URL(`../golden/directories/${name}`, import.meta.url))
  if (!existsSync(golden)) {
    mkdirSync(dirname(golden), { recursive: true })
    await make(golden)
    // It would hide the rest.
    rmSync(join(golden, '.gitignore'))
    throw new Error(`${name} was missing, and was made: look at it, and run the test again.`)
  }
  const dir = temporaryDirectory()
  cpSync(golden, dir, { recursive: true })
  const store = await new DiskStore({ dir }).open()
  const expected = { ...values, './claimed': 'claimed', './later': 'behind the snapshot' }
  for (const [key, value] of Object.entries(expected))
    expect(difference(value, (await store.read(key))?.value), key).toBeUndefined()
  expect(await store.read('./deleted')).toBeUndefined()
  store.writeSync('./tree', entryOf('goes on'))
  expect(store.readSync('./tree')?.value).toBe('goes on')
  expect(readdirSync(`${dir}/store-v1`)).toContain('00000001.idx')
  await store.close()
})

test('the file of a Blob in it too', async context => {
  needsPlainTypesOfBlobs(context)
  leaves('foreign', 'leftover')
  const dir = temporaryDirectory()
  cpSync(fileURLToPath(new URL('../golden/directories/format-1', import.meta.url)), dir, { recursive: true })
  const store = await new DiskStore({ dir }).open()
  const entry = await store.read('./blob')
  const { blob } = (entry as { value: { blob: Blob } }).value
  expect([blob.type, await blob.text()]).toEqual(['text/plain', text])
  await store.close()
})
