import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { bundle, gzippedBytes } from './bundle.ts'

const core = fileURLToPath(new URL('../../../packages/core', import.meta.url))
const readme = readFileSync(`${core}/README.md`, 'utf8')

describe("import { Cache } from '@stagcache/core'", () => {
  test('is in a browser what the README says, in kilobytes of 1000 bytes, and not much less', async () => {
    const [, claimed] = /at most ([\d.]+) KB minified and gzipped/.exec(readme) ?? []
    const bytes = gzippedBytes(await bundleOfCache())
    expect(bytes).toBeLessThanOrEqual(Number(claimed) * 1000)
    expect(bytes).toBeGreaterThan(Number(claimed) * 1000 - 200)
  })

  test('works as it was bundled', async () => {
    const cache = await bundledCache()
    const generate = () => ({ rows: 10 })
    const first = cache.cache('table', { hashVal: [1, 'a'] }, generate)
    expect(first).toEqual({ rows: 10 })
    expect(cache.cache('table', { hashVal: [1, 'a'] }, generate)).toBe(first)
    expect(cache.cache('table', { hashVal: [2, 'a'] }, generate)).not.toBe(first)
  })

  test('calls its errors by their names as it was bundled', async () => {
    const cache = await bundledCache()
    expect(() => cache.cache('1', {}, () => 1)).toThrow(expect.objectContaining({ name: 'InvalidKeyError' }))
  })
})

interface BundledCache {
  cache(key: string, options: object, generate: () => unknown): unknown
}

async function bundledCache(): Promise<BundledCache> {
  const code = await bundleOfCache()
  const { Cache } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    Cache: new () => BundledCache
  }
  return new Cache()
}

function bundleOfCache(): Promise<string> {
  return bundle(`export { Cache } from ${JSON.stringify(`${core}/src/index.ts`)}`)
}
