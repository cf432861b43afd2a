// Generates what never comes, waits for it as it is told, and says what became of that.
import { Cache } from '../src/index.ts'

const [, , how = ''] = process.argv
let now = 0
const cache = new Cache({ clock: () => now })
const never = () => new Promise<string>(() => {})
const stale = { ttl: 1, staleWhileRevalidate: 10, staleIfError: 10 } as const

if (how === 'hard') {
  await Promise.resolve(cache.cache('a', { timeout: 20 }, never)).catch(error =>
    console.log(JSON.stringify(error.code)),
  )
} else {
  cache.set('a', 'old', stale)
  now += 5
  const options = { ...stale, timeout: { soft: 20, hard: '100d' } } as const
  const renewing = how === 'background' ? options : { ...options, staleWhileRevalidate: 0 }
  console.log(JSON.stringify(await cache.cache('a', renewing, never)))
}
