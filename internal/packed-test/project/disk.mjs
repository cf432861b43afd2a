export default async function disk({ DiskCache }, verb, dir) {
  const cache = new DiskCache({ version: 5, dir })
  if (verb === 'set') await cache.set('./table@4', value())
  const kept = await cache.get('./table@4')
  return {
    kept: kept?.rows?.[1] === 2.5 && kept.rows instanceof Float64Array && kept.when.getTime() === 86400000,
  }
}

function value() {
  return { rows: new Float64Array([1, 2.5]), when: new Date(86400000) }
}
