import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DiskCache } from './disk-cache.ts'
import { DiskStore } from './disk-store.ts'

function openStore(dir = temporaryDirectory()): DiskStore {
  const store = new DiskStore({ dir })
  onTestFinished(() => store.close())
  return store
}

const entry = (value: unknown) => ({ value, stamp: '1.1' as never, params: undefined, storedAt: 1, cost: 0 })

describe('removing by prefix', () => {
  test('finds what a snapshot brought back, what other stores have written, and what is removed meanwhile', async () => {
    const dir = temporaryDirectory()
    const names = Array.from({ length: 500 }, (_, index) => `./${index % 2 ? 'odd' : 'even'}/${index}`)
    const first = openStore(dir)
    await Promise.all(names.map(name => first.write(name, entry(name))))
    await first.saveSnapshot()
    await first.close()
    const [store, other] = [openStore(dir), openStore(dir)]
    await other.write('./odd/last', entry(new Uint8Array(200_000)))
    const [count] = await Promise.all([
      store.removePrefix('./odd/'),
      other.remove('./even/0'),
      other.remove('./odd/1'),
    ])
    expect([250, 251]).toContain(count)
    expect(await other.read('./odd/last')).toBeUndefined()
    expect(await other.read('./odd/499')).toBeUndefined()
    expect((await other.read('./even/498'))?.value).toBe('./even/498')
    expect(await other.removePrefix('./')).toBe(249)
  })

  test('finds what was written before in the same tick', async () => {
    const store = openStore()
    await store.write('./b', entry(0))
    const [, count] = await Promise.all([store.write('./a/1', entry(1)), store.removePrefix('./a/')])
    expect(count).toBe(1)
    expect(await store.read('./a/1')).toBeUndefined()
  })

  test('leaves alone what is written later, with and without a promise', async () => {
    const store = await openStore().open()
    await Promise.all(['./a/1', './a/2', './a/3'].map(name => store.write(name, entry(0))))
    const removal = store.removePrefix('./a/')
    store.writeSync('./a/2', entry(2))
    await store.write('./a/3', entry(3))
    expect(await removal).toBe(2)
    const left = ['./a/1', './a/2', './a/3'].map(async name => (await store.read(name))?.value)
    expect(await Promise.all(left)).toEqual([undefined, 2, 3])
  })

  test('of an empty directory finds nothing', async () => {
    expect(await openStore().removePrefix('./')).toBe(0)
  })

  test('ends the generation of another store, whose result is not stored', async () => {
    const dir = temporaryDirectory()
    const [store, other] = [openStore(dir), openStore(dir)]
    const claim = await other.claim('./a/b', { stamp: '1.1' as never, params: undefined }, {})
    expect(await store.removePrefix('./a')).toBe(0)
    expect(typeof claim === 'object' && (await claim.write(entry(1)))).toBe(false)
    expect(await store.read('./a/b')).toBeUndefined()
  })

  test('exists without promises too', async () => {
    const cache = await DiskCache.open({ dir: temporaryDirectory() })
    onTestFinished(() => cache.close())
    for (const key of ['./a/1', './a/2', './b', 'a1'] as const) cache.setSync(key, 1)
    expect([cache.deleteSync({ prefix: './a' }), cache.deleteSync({ prefix: 'a' })]).toEqual([2, 1])
    expect([cache.hasSync('./a/1'), cache.hasSync('./b')]).toEqual([false, true])
    cache.setSync('./a/1', 1)
    cache.clearSync({ prefix: './a' })
    expect([cache.hasSync('./a/1'), cache.hasSync('./b')]).toEqual([false, true])
    expect(() => cache.clearSync('./b' as never)).toThrow('delete(key)')
    expect(cache.hasSync('./b')).toBe(true)
  })
})
