import { Cache, CacheComponent, DiskCache } from '@stagcache/all'

const cache = new Cache({ version: 5 })
let runs = 0
const build = () => ++runs

globalThis.outcome = {
  first: cache.cache('table', build),
  second: cache.cache('table', build),
  component: typeof CacheComponent,
  disk: refusal(() => new DiskCache({ dir: '.stagcache' })),
}

function refusal(attempt) {
  try {
    attempt()
    return 'accepted'
  } catch (error) {
    return error.message
  }
}
