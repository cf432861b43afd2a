export default async function all(everything) {
  return {
    names: ['Cache', 'DiskCache', 'CacheComponent'].filter(name => typeof everything[name] === 'function'),
  }
}
