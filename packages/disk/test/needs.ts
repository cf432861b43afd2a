import { appendFileSync, openAsBlob, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { temporaryDirectory } from '@stagcache/test-kit'
import type { TestContext } from 'vitest'

// Each skips a test where something is lacking, and says so in the summary of the run. docs/runtimes.md has what lacks what.

/** Node 20 has none. */
export function needsZstandard(context: TestContext): void {
  if (!('zstdCompress' in zlib)) skipBecause(context, 'this runtime has no Zstandard')
}

/**
 * The runtime's own Blob of a file reads it when it is asked for bytes, and notices that it was changed by then. In Bun and Deno it
 * does not, so that the store reads the file at once.
 */
export async function needsLazyBlobs(context: TestContext): Promise<void> {
  if (!(await isRejectedAfter(path => appendFileSync(path, 'more'))))
    skipBecause(context, 'in this runtime the store reads a file when its Blob is made')
}

/** The runtime's own Blob of a file reads it when it is asked for bytes. In Deno it has read it by then. */
export async function needsFilesAsBlobs(context: TestContext): Promise<void> {
  if (!(await isRejectedAfter(rmSync)))
    skipBecause(context, 'this runtime reads a file when its Blob is made')
}

async function isRejectedAfter(change: (path: string) => void): Promise<boolean> {
  const path = join(temporaryDirectory(), 'file')
  writeFileSync(path, 'bytes')
  const blob = await openAsBlob(path)
  change(path)
  return isRejected(blob.text())
}

function isRejected(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  )
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

/** A child has no part in the sockets of its parent. In Deno it has, and nothing tells but its name. */
export function needsSocketsOfItsOwn(context: TestContext): void {
  if (process.versions['deno'])
    skipBecause(context, 'in this runtime the sockets of a process live on in those that it has started')
}

/** Permissions stop somebody. */
export function needsPermissions(context: TestContext): void {
  if (process.getuid?.() === 0) skipBecause(context, 'root may write everywhere')
  if (process.platform === 'win32') skipBecause(context, 'Windows has no such permissions')
}

/** In Bun, what others have imported of a built-in module stays what it was. */
export function needsReplaceable(context: TestContext, isReplaced: boolean): void {
  if (!isReplaced) skipBecause(context, 'in this runtime a function of a built-in module cannot be replaced')
}

export function skipBecause({ task, skip }: TestContext, reason: string): void {
  Object.assign(task.meta, { skipped: reason })
  skip(reason)
}
