import { createHash } from 'node:crypto'
import { nodeFiles } from './files.ts'

/**
 * The SHA-256 of a file's content, as 64 hexadecimal digits, for use in a `hashVal`: the entry is computed anew when the
 * file changes. Reads the whole file, in parts; its name, times and permissions do not count. Rejects with Node's error
 * when the file cannot be read.
 *
 * @example
 * await cache.cache('./table', { hashVal: await fileFingerprint('input.csv') }, parse, 'input.csv')
 */
export async function fileFingerprint(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of nodeFiles.readParts(path)) hash.update(part)
  return hash.digest('hex')
}
