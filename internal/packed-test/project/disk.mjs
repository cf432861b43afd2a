export default async function disk({ DiskCache }, verb, dir) {
  const cache = new DiskCache({ version: 5, dir })
  if (verb === 'set') await cache.set('./table@4', value())
  const kept = await cache.get('./table@4')
  return {
    kept:
      kept?.rows?.[1] === 2.5 &&
      kept.rows instanceof Float64Array &&
      kept.when.getTime() === 86400000 &&
      kept.file instanceof File &&
      kept.file.name === 'name.txt' &&
      kept.file.lastModified === 86400000 &&
      (await kept.file.slice(3, 7).text()) === 'byte',
  }
}

function value() {
  const file = new File(['of bytes'], 'name.txt', { type: 'text/html', lastModified: 86400000 })
  return { rows: new Float64Array([1, 2.5]), when: new Date(86400000), file }
}
