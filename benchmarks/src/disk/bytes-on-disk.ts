import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** What a directory occupies: all blocks of all files and folders in it, which one file of a byte has some thousand of. */
export function bytesOnDisk(dir: string): number {
  const paths = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map(path => join(dir, path))
  return paths.reduce((sum, path) => sum + occupied(path), 0)
}

// Windows tells no blocks.
function occupied(path: string): number {
  const { blocks, size } = lstatSync(path)
  return blocks === undefined ? size : blocks * 512
}
