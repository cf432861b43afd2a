import { Cache, type GetOptions, isCacheError } from '@stagcache/core'

const cache = new Cache({ version: 5 })
const text: string = cache.cache('table', () => 'rows')
const persistent: Promise<string> = cache.cache('./table@4', (name: string) => name, 'input.csv')
const options: GetOptions = { version: 4 }

export const found = cache.get<string>('table', options)
export const known = isCacheError(new Error('unrelated'), 'invalid-key')
export { persistent, text }
