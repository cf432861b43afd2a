import { type DraftFile, type Files, type LogFile, nodeFiles, type ReadFile } from '../src/files.ts'

export type Operation = keyof Files | 'status' | 'read' | 'append' | 'sync' | `draft ${keyof DraftFile}`

/** What a test does in the place of the file system. */
export interface Hooks {
  /** Called before each operation, with its path where it has one; may throw in its place. */
  before?(operation: Operation, path: string): void
  /** Called in the place of an append. */
  append?(bytes: Uint8Array, append: (bytes: Uint8Array) => number): number
  /** What an opened log says of itself. */
  readonly writable?: boolean
}

const answeredLater: ReadonlySet<Operation> = new Set([
  'writeWhole',
  'readWhole',
  'readThrough',
  'openAsBlob',
  'remove',
  'sync',
  'syncDirectory',
  'draft sync',
  'draft publish',
  'draft replace',
])

/** What fails later, fails with a promise. */
function failureOf(hooks: Hooks, operation: Operation, path: string): Promise<never> | undefined {
  try {
    hooks.before?.(operation, path)
    return undefined
  } catch (error) {
    if (answeredLater.has(operation)) return Promise.reject(error)
    throw error
  }
}

/** The real file system, with a test between it and the store. */
export function hookedFiles(hooks: Hooks, real: Files = nodeFiles): Files {
  return new Proxy(real, {
    get(files, operation: keyof Files) {
      return (path: string, ...rest: never[]) => {
        const failure = failureOf(hooks, operation, path)
        if (failure) return failure
        const result = (files[operation] as (...args: unknown[]) => unknown)(path, ...rest)
        if (operation === 'openLog' && result) return hookedLog(result as LogFile, path, hooks)
        if (operation === 'openToRead' && result) return hookedFile(result as ReadFile, path, hooks)
        return operation === 'createDraft' ? hookedDraft(result as DraftFile, path, hooks) : result
      }
    },
  })
}

function hookedLog(file: LogFile, path: string, hooks: Hooks): LogFile {
  return {
    writable: hooks.writable ?? file.writable,
    refusal: file.refusal,
    identity: file.identity,
    status() {
      hooks.before?.('status', path)
      return file.status()
    },
    read(bytes, position) {
      hooks.before?.('read', path)
      return file.read(bytes, position)
    },
    append(bytes) {
      hooks.before?.('append', path)
      return hooks.append ? hooks.append(bytes, part => file.append(part)) : file.append(bytes)
    },
    sync() {
      return failureOf(hooks, 'sync', path) ?? file.sync()
    },
    syncNow() {
      hooks.before?.('sync', path)
      file.syncNow()
    },
    close: () => file.close(),
  }
}

function hookedFile(file: ReadFile, path: string, hooks: Hooks): ReadFile {
  return {
    size: file.size,
    read(bytes, position) {
      hooks.before?.('read', path)
      return file.read(bytes, position)
    },
    close: () => file.close(),
  }
}

function hookedDraft(file: DraftFile, path: string, hooks: Hooks): DraftFile {
  return new Proxy(file, {
    get(draft, operation: keyof DraftFile) {
      return (...parameters: never[]) => {
        const failure = failureOf(hooks, `draft ${operation}`, path)
        if (failure) return failure
        return (draft[operation] as (...args: unknown[]) => unknown).apply(draft, parameters)
      }
    },
  })
}

/** An error as the file system throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code })
}
