import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { temporaryDirectory } from '@stagcache/test-kit'
import type { TestContext } from 'vitest'
import { nodeFiles } from '../src/files.ts'

// Each skips a test where something is lacking, and says so in the summary of the run. docs/runtimes.md has what lacks what.

/** Node 20 has none. */
export function needsZstandard(context: TestContext): void {
  if (!('zstdCompress' in zlib)) skipBecause(context, 'this runtime has no Zstandard')
}

/** The Blob of a file reads it when it is asked for bytes. Bun and Deno have read it by then. */
export async function needsLazyBlobs(context: TestContext): Promise<void> {
  const path = join(temporaryDirectory(), 'file')
  writeFileSync(path, 'bytes')
  const blob = await nodeFiles.openAsBlob(path)
  rmSync(path)
  const isLazy = await blob?.text().then(
    () => false,
    () => true,
  )
  if (!isLazy) skipBecause(context, 'this runtime reads a file when its Blob is made')
}

/** Short Buffers lie in one memory. Bun gives each its own. */
export function needsPooledBuffers(context: TestContext): void {
  if (Buffer.from('one').buffer !== Buffer.from('other').buffer)
    skipBecause(context, 'this runtime gives each Buffer its own memory')
}

/** A Blob has the type that it was given. Bun adds a charset. */
export function needsPlainTypesOfBlobs(context: TestContext): void {
  if (new Blob([], { type: 'text/plain' }).type !== 'text/plain')
    skipBecause(context, 'this runtime adds to the types of Blobs')
}

/** Permissions stop somebody. */
export function needsPermissions(context: TestContext): void {
  if (process.getuid?.() === 0) skipBecause(context, 'root may write everywhere')
  if (process.platform === 'win32') skipBecause(context, 'Windows has no such permissions')
}

export function skipBecause({ task, skip }: TestContext, reason: string): void {
  Object.assign(task.meta, { skipped: reason })
  skip(reason)
}
