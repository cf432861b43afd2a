import { lutimesSync, readdirSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Blobs } from '../src/blobs.ts'
import { Directory } from '../src/directory.ts'
import { nodeFiles } from '../src/files.ts'
import { Follower } from '../src/follower.ts'
import { Liveness } from '../src/liveness.ts'
import { Pins } from '../src/pins.ts'
import { Sweeper } from '../src/sweeper.ts'
import { readValue } from '../src/value-record.ts'
import { newWriter } from './living.ts'

/** What is of no use to anybody in a directory of the dead, after somebody has swept it two hours later. */
export async function leftovers(dir: string): Promise<string[]> {
  const directory = new Directory(nodeFiles, dir)
  const writer = newWriter()
  const follower = new Follower(directory, writer, () => {})
  const blobs = new Blobs(nodeFiles, directory.blobs, writer)
  const liveness = new Liveness(nodeFiles, directory.live, writer)
  const pins = new Pins(nodeFiles, directory.live, writer, liveness)
  const twoHoursAgo = Date.now() / 1000 - 7200
  for (const path of filesIn(dir)) lutimesSync(path, twoHoursAgo, twoHoursAgo)
  try {
    await new Sweeper({ directory, follower, blobs, liveness, pins, writer }).sweep()
    const followed = follower.refresh()
    const used = new Set<string | undefined>()
    if (followed) {
      const { log, contents } = followed
      for (const { position, length } of contents.index.blobPlaces()) {
        const stretch = log.recordAt(position, length)
        used.add(stretch && readValue(stretch)?.blob?.file)
      }
      used.add(basename(log.path)).add(basename(directory.snapshotPath(log)))
    }
    const known = (path: string) => ['CACHEDIR.TAG', '.gitignore'].includes(basename(path))
    return filesIn(dir).filter(path => !known(path) && !used.has(basename(path)))
  } finally {
    follower.close()
    await liveness.close()
  }
}

/** What this process has open in a directory, removed files too. Nothing, where the system does not tell. */
export function openIn(dir: string): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap(descriptor => {
    try {
      const path = readlinkSync(join('/proc/self/fd', descriptor))
      return path.startsWith(dir) ? [path] : []
    } catch {
      return []
    }
  })
}

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name))
}
