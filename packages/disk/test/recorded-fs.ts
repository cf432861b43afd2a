import type * as fs from 'node:fs'
import type * as promises from 'node:fs/promises'
import { DiskFile, type DiskNode, type SimulatedDisk } from './simulated-disk.ts'

/*
 * Node's file system, with a simulated disk that is told of whatever changes anything: what the store really asks the system
 * for is what is simulated. For `vi.mock`, so that this must import nothing that imports `node:fs`.
 */

/** The disk that is told, if any. */
export const recording: { disk: SimulatedDisk | undefined } = { disk: undefined }

// A slow disk: whatever does not wait for a sync overtakes it.
const syncMilliseconds = 10

const open = new Map<number, DiskNode>()

function note(descriptor: number, path: string): void {
  const node = recording.disk?.at(path) ?? recording.disk?.create(path)
  if (node) open.set(descriptor, node)
}

function written(descriptor: number, bytes: Uint8Array, offset: number, length: number): void {
  const node = open.get(descriptor)
  if (node instanceof DiskFile) recording.disk?.write(node, bytes.subarray(offset, offset + length))
}

/** Begins the sync of an open file or folder, and answers what to call when it has succeeded. */
function syncing(descriptor: number): () => void {
  const node = open.get(descriptor)
  return (node && recording.disk?.beginSync(node)) ?? (() => {})
}

function slowness(): number {
  return recording.disk ? syncMilliseconds : 0
}

export function recordedFs(real: typeof fs): typeof fs {
  const syncNow = (sync: (descriptor: number) => void) => (descriptor: number) => {
    const end = syncing(descriptor)
    sync(descriptor)
    end()
  }
  const sync = (begin: typeof fs.fsync) => (descriptor: number, done: fs.NoParamCallback) => {
    const end = syncing(descriptor)
    begin(descriptor, error => {
      setTimeout(() => {
        if (!error) end()
        done(error)
      }, slowness())
    })
  }
  const changes = {
    openSync(path: string, flags: fs.OpenMode, mode?: fs.Mode) {
      const descriptor = real.openSync(path, flags, mode)
      note(descriptor, path)
      return descriptor
    },
    closeSync(descriptor: number) {
      open.delete(descriptor)
      real.closeSync(descriptor)
    },
    writeSync(descriptor: number, bytes: Uint8Array, offset = 0, length = bytes.length - offset) {
      const count = real.writeSync(descriptor, bytes, offset, length)
      written(descriptor, bytes, offset, count)
      return count
    },
    writeFileSync(path: string, bytes: Uint8Array, options: fs.WriteFileOptions) {
      real.writeFileSync(path, bytes, options)
      const file = recording.disk?.create(path)
      if (file) recording.disk?.write(file, bytes)
    },
    linkSync(from: string, to: string) {
      real.linkSync(from, to)
      recording.disk?.link(from, to)
    },
    renameSync(from: string, to: string) {
      real.renameSync(from, to)
      recording.disk?.move(from, to)
    },
    rmSync(path: string, options: fs.RmOptions) {
      real.rmSync(path, options)
      recording.disk?.remove(path)
    },
    mkdirSync(path: string, options: fs.MakeDirectoryOptions) {
      real.mkdirSync(path, options)
      recording.disk?.makeFolders(path)
    },
    fsyncSync: syncNow(real.fsyncSync),
    fdatasyncSync: syncNow(real.fdatasyncSync),
    fsync: sync(real.fsync),
    fdatasync: sync(real.fdatasync),
  }
  return { ...real, ...(changes as unknown as Partial<typeof fs>) }
}

export function recordedPromises(real: typeof promises): typeof promises {
  const changes = {
    async open(path: string, flags: string, mode?: fs.Mode) {
      const handle = await real.open(path, flags, mode)
      note(handle.fd, path)
      return recordedHandle(handle)
    },
    async rename(from: string, to: string) {
      await real.rename(from, to)
      recording.disk?.move(from, to)
    },
    async rm(path: string, options: fs.RmOptions) {
      await real.rm(path, options)
      recording.disk?.remove(path)
    },
  }
  return { ...real, ...(changes as unknown as Partial<typeof promises>) }
}

function recordedHandle(handle: promises.FileHandle): promises.FileHandle {
  const { fd } = handle
  const [write, close] = [handle.write.bind(handle), handle.close.bind(handle)]
  const sync = (begin: () => Promise<void>) => async () => {
    const end = syncing(fd)
    await begin()
    await new Promise(resolve => setTimeout(resolve, slowness()))
    end()
  }
  return Object.assign(handle, {
    async write(bytes: Uint8Array, offset: number, length: number) {
      const result = await write(bytes, offset, length)
      written(fd, bytes, offset, result.bytesWritten)
      return result
    },
    sync: sync(handle.sync.bind(handle)),
    datasync: sync(handle.datasync.bind(handle)),
    async close() {
      open.delete(fd)
      await close()
    },
  } as unknown as Partial<promises.FileHandle>)
}
