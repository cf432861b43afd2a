/** How many are kept of what comes over and over, where nothing else bounds it. */
const most = 4096

/** Puts a value among those that need not be made again; when there are too many, the others are forgotten. */
export function remember<K, V>(known: Map<K, V>, key: K, value: V): V {
  if (known.size >= most) known.clear()
  known.set(key, value)
  return value
}
