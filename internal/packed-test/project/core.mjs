export default async function core({ Cache }) {
  const cache = new Cache({ version: 5 })
  let runs = 0
  const build = factor => ({ rows: ++runs * factor })
  const first = cache.cache('table', build, 10)
  const second = cache.cache('table', build, 10)
  const other = cache.cache('table', { version: 2 }, build, 10)
  return { first, same: first === second, other, missing: cache.get('nothing') ?? 'absent' }
}
