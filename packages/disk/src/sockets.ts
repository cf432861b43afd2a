import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Files } from './files.ts'
import { Limit } from './limit.ts'
import { wasRemoved } from './patience.ts'

/*
 * The names of sockets in a folder, of 16 hexadecimal digits.
 *
 *   0123456789abcdef          listened on by its owner for as long as that one lives
 *   0123456789abcdef.draft    on its way there
 *
 * A socket is moved to its place when it is already listened on. So what is refused there is dead for good, and who removes
 * it takes nobody's place away; whose draft is removed makes another.
 */
const socketName = /^[0-9a-f]{16}(\.draft)?$/

/** The number of the store that a socket is of, by its name; `undefined` for any other name. */
export function socketOwner(name: string): bigint | undefined {
  return socketName.test(name) ? BigInt(`0x${name.slice(0, 16)}`) : undefined
}

// The system with the least room has it for 103.
const mostPathBytes = 100

// A program needs its file descriptors for itself: what is connected beyond this is closed at once.
const mostVisitors = 256
const mostConnecting = 16

// Each of them takes somebody who removes the folder right between two steps.
const mostAttempts = 50
// What need not come from that is not worth so many.
const mostUnclearAttempts = 3

const isWindows = process.platform === 'win32'

/** Sockets in a folder, found by whoever can find the folder. On Windows named pipes, which lie in no folder. */
export class SocketFolder {
  readonly #files: Files
  readonly #folder: string
  readonly #connecting = new Limit(mostConnecting)

  /** @param folder - Its absolute path. It is made when it is needed. */
  constructor(files: Files, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  /** Listens under a name, in the place of whatever is there. */
  async listen(name: string): Promise<Listener> {
    for (let attempt = 1; ; attempt++) {
      const listener = new Listener(this.#files, this.#path(name))
      try {
        await this.#put(listener, name)
        return listener
      } catch (error) {
        await listener.close()
        if (attempt >= this.#attemptsAfter(error)) throw error
        // That of an earlier attempt has gone with its directory, and has come back.
        if (codeOf(error) === 'EADDRINUSE') this.#files.removeNow(this.#path(`${name}.draft`))
      }
    }
  }

  /**
   * A connection to who listens under a name, on which nothing is ever sent and which does not keep the process from
   * ending; `refused` if nobody listens, `unclear` if that cannot be told.
   */
  async connect(name: string): Promise<Socket | 'refused' | 'unclear'> {
    try {
      // A link could lead to a socket of somebody else.
      if (!isWindows && !this.#files.isSocket(this.#path(name))) return 'refused'
      return await this.#connecting.run(() => this.#reach(name, connectTo))
    } catch (error) {
      return this.#isRefusal(error) ? 'refused' : 'unclear'
    }
  }

  /** Removes what nobody listens on. */
  async sweep(): Promise<number> {
    let removed = 0
    for (const name of this.#files.list(this.#folder)) {
      if (!socketName.test(name)) continue
      const answer = await this.connect(name)
      if (typeof answer !== 'string') answer.destroy()
      if (answer !== 'refused') continue
      this.#files.removeNow(this.#path(name))
      removed++
    }
    return removed
  }

  async #put(listener: Listener, name: string): Promise<void> {
    if (isWindows) return this.#reach(name, path => listener.open(path))
    const draft = `${name}.draft`
    this.#files.makeDirectory(this.#folder)
    await this.#reach(draft, path => listener.open(path))
    listener.moveFrom(this.#path(draft))
  }

  // The link only stands in for the path: processes that reach the folder by different paths meet at the same socket.
  async #reach<T>(name: string, use: (path: string) => Promise<T>): Promise<T> {
    if (isWindows) return use(`\\\\.\\pipe\\stagcache-${name}`)
    if (isShort(this.#path(name))) return use(this.#path(name))
    const shortcut = this.#files.shortcut(this.#folder)
    try {
      const path = join(shortcut.path, name)
      if (isShort(path)) return await use(path)
      throw new Error(`the folder for temporary files has too long a path for a socket: ${path}`)
    } finally {
      shortcut.remove()
    }
  }

  // Node says EACCES where there is no folder, and somebody else may have made it again since.
  #attemptsAfter(error: unknown): number {
    if (wasRemoved(error) || this.#files.identityAt(this.#folder) === undefined) return mostAttempts
    return ['EACCES', 'EADDRINUSE'].includes(codeOf(error) ?? '') ? mostUnclearAttempts : 1
  }

  #isRefusal(error: unknown): boolean {
    if (codeOf(error) === 'ENOENT') return true
    if (codeOf(error) !== 'ECONNREFUSED') return false
    try {
      // Bun says so too when there is no file descriptor left. This takes one.
      this.#files.list(this.#folder)
      return true
    } catch {
      return false
    }
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }
}

/** A socket that accepts whoever comes, and says nothing. It does not keep the process from ending. */
export class Listener {
  readonly #files: Files
  readonly #path: string
  readonly #server: Server
  readonly #visitors = new Set<Socket>()
  #identity: string | undefined

  /** @param path - Where it is to be found. */
  constructor(files: Files, path: string) {
    this.#files = files
    this.#path = path
    this.#server = createServer(visitor => this.#welcome(visitor)).unref()
    this.#server.maxConnections = mostVisitors
  }

  /** Whether it is this one that is found at its path. */
  isInPlace(): boolean {
    return isWindows || this.#files.identityAt(this.#path) === this.#identity
  }

  /** Listens at a path, from which it may be moved. */
  open(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      // Later ones are of visitors that could not be accepted.
      this.#server.on('error', reject)
      // Otherwise a worker of a cluster would have its primary listen, which outlives it.
      this.#server.listen({ path, exclusive: true }, resolve)
    })
  }

  moveFrom(draft: string): void {
    this.#identity = this.#files.identityAt(draft)
    this.#files.move(draft, this.#path)
  }

  async close(): Promise<void> {
    for (const visitor of this.#visitors) visitor.destroy()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
    try {
      if (this.#identity && this.isInPlace()) this.#files.removeNow(this.#path)
    } catch {
      // Whoever comes is refused, and somebody else may remove it.
    }
  }

  #welcome(visitor: Socket): void {
    this.#visitors.add(visitor)
    visitor.once('close', () => this.#visitors.delete(visitor))
    visitor.on('error', () => {})
    visitor.unref().resume()
  }
}

function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket.unref().resume()))
    // Later ones end the connection, which tells enough.
    socket.on('error', reject)
  })
}

function isShort(path: string): boolean {
  return Buffer.byteLength(path) <= mostPathBytes
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code
}
