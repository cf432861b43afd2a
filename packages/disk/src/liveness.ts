import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Files } from './files.ts'
import { type Listener, SocketFolder } from './sockets.ts'

// A process that asks about more others than this is not connected to them any longer than it takes to get an answer.
const mostLines = 64

const shortestPause = 1
const longestPause = 256

/** A writer's number as it stands in the names of files: 16 hexadecimal digits. */
export function writerName(writer: bigint): string {
  return writer.toString(16).padStart(16, '0')
}

/**
 * Which stores of a directory are alive. One is while it has been announced, it has not been closed, and its process and
 * thread have not ended: the system refuses connections to it as soon as they have, however that happened, and accepts
 * them while they are merely blocked. Whoever finds the directory by whatever path finds the same stores.
 *
 * A store that cannot be reached for a reason that says nothing about it (no permission, no file descriptor left) counts as
 * alive: who waits in vain loses time, who takes over from the living destroys what they are doing. Nothing here keeps a
 * process from ending.
 *
 * Not promised: that an announced store is seen after its socket was removed, until it is announced again; on macOS and
 * Bun, that it is seen while it is blocked and more stores ask about it for the first time than the system lets wait (128
 * on macOS, 512 on Bun); on Deno, that it is seen to be dead before the processes that its own one started have ended.
 */
export class Liveness {
  readonly #sockets: SocketFolder
  readonly #writer: bigint
  readonly #lines = new Map<bigint, Line>()
  #listener: Listener | undefined
  #announcing: Promise<void> | undefined
  #isClosed = false

  /** @param folder - The absolute path of `live/`. It is made when it is needed. */
  constructor(files: Files, folder: string, writer: bigint) {
    this.#sockets = new SocketFolder(files, folder)
    this.#writer = writer
  }

  /**
   * Resolves when every other process can see that this store is alive, which it is until `close()`. To be called whenever
   * others are about to rely on that: it takes microseconds when nothing has changed, and makes the store visible again
   * where the directory has been removed, moved or replaced.
   *
   * Rejects with Node's error where the store cannot be made visible: without permission, or on a file system that is
   * read-only or has no sockets.
   */
  async announce(): Promise<void> {
    if (this.#listener?.isInPlace()) return
    this.#announcing ??= this.#listen().finally(() => (this.#announcing = undefined))
    await this.#announcing
  }

  /** Whether the store of a writer is alive: not if it died before the call. The own one always is. */
  async isAlive(writer: bigint): Promise<boolean> {
    if (writer === this.#writer) return true
    if (this.#lines.has(writer)) await wholeTurn()
    const line = this.#lineTo(writer)
    const isAlive = await line.isAlive()
    this.#letGo(line)
    return isAlive
  }

  /**
   * Calls `onDeath` once, as soon as the store of a writer is not alive (any more): never before `watch` has returned, nor
   * after `close()`. The returned function ends the watch.
   */
  watch(writer: bigint, onDeath: () => void): () => void {
    if (writer === this.#writer || this.#isClosed) return () => {}
    const line = this.#lineTo(writer)
    const stop = line.watch(onDeath)
    return () => {
      stop()
      this.#letGo(line)
    }
  }

  /** Removes the sockets of stores that are dead, and answers how many there were. */
  sweep(): Promise<number> {
    return this.#sockets.sweep()
  }

  /** Ends all watches, and refuses to begin others. When it resolves, this store is dead for all others. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const line of this.#lines.values()) line.end()
    await this.#announcing?.catch(() => {})
    await this.#listener?.close()
    this.#listener = undefined
  }

  // The earlier one is closed last, so that whoever is connected to it finds the new one.
  async #listen(): Promise<void> {
    const earlier = this.#listener
    this.#listener = await this.#sockets.listen(writerName(this.#writer))
    await earlier?.close()
  }

  #lineTo(writer: bigint): Line {
    const known = this.#lines.get(writer)
    if (known) return known
    const line = new Line(this.#sockets, writerName(writer), () => this.#lines.delete(writer))
    this.#lines.set(writer, line)
    return line
  }

  #letGo(line: Line): void {
    if (!line.isWatched && (this.#isClosed || this.#lines.size > mostLines)) line.end()
  }
}

// What the system knows about connections when this is called is known here when it resolves. The first of both may belong to
// the turn of the event loop that is under way.
async function wholeTurn(): Promise<void> {
  await setImmediate()
  await setImmediate()
}

/*
 * A connection to another store, kept until one of both ends, and shared by all who ask about that store. When it ends, it is
 * made again, and only if that is refused the other is dead: a process that dies may close its connections some
 * milliseconds before it stops to listen, and one without a file descriptor left closes what it accepts. The latter is asked
 * again at growing intervals.
 */
class Line {
  readonly #sockets: SocketFolder
  readonly #name: string
  readonly #onEnd: () => void
  readonly #watchers = new Set<() => void>()
  #socket: Socket | undefined
  #attempt: Promise<boolean> | undefined
  #timer: NodeJS.Timeout | undefined
  #pause = shortestPause
  #hasEnded = false

  constructor(sockets: SocketFolder, name: string, onEnd: () => void) {
    this.#sockets = sockets
    this.#name = name
    this.#onEnd = onEnd
    this.#try()
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0
  }

  async isAlive(): Promise<boolean> {
    return this.#socket !== undefined || this.#try()
  }

  watch(onDeath: () => void): () => void {
    const watcher = () => onDeath()
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#timer)
    this.#socket?.destroy()
    this.#watchers.clear()
    this.#onEnd()
  }

  #try(): Promise<boolean> {
    clearTimeout(this.#timer)
    this.#attempt ??= this.#connect().finally(() => (this.#attempt = undefined))
    return this.#attempt
  }

  async #connect(): Promise<boolean> {
    const answer = await this.#sockets.connect(this.#name)
    if (answer === 'refused') this.#die()
    else if (answer === 'unclear') this.#tryAgain()
    else this.#hold(answer)
    return answer !== 'refused'
  }

  #hold(socket: Socket): void {
    if (this.#hasEnded) return void socket.destroy()
    const since = performance.now()
    this.#socket = socket
    const over = () => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      socket.destroy()
      if (performance.now() - since > longestPause) this.#pause = shortestPause
      this.#tryAgain()
    }
    // `close` alone would come some turns later.
    for (const event of ['end', 'error', 'close']) socket.once(event, over)
  }

  #tryAgain(): void {
    if (this.#hasEnded) return
    this.#timer = setTimeout(() => this.#try(), this.#pause).unref()
    this.#pause = Math.min(2 * this.#pause, longestPause)
  }

  #die(): void {
    const watchers = [...this.#watchers]
    this.end()
    for (const onDeath of watchers) onDeath()
  }
}
