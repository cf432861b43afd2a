import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { type ChildProcess, inProcess, temporaryDirectory, whenOver } from '@stagcache/test-kit'
import { type Files, nodeFiles } from '../src/files.ts'
import { Liveness, writerName } from '../src/liveness.ts'

/** The path of a folder for sockets and pins, which does not exist yet. */
export function liveFolder(parent: string = temporaryDirectory()): string {
  return join(parent, 'store-v1', 'live')
}

export function newWriter(): bigint {
  return randomBytes(8).readBigUInt64LE()
}

export function socketPath(folder: string, writer: bigint): string {
  return join(folder, writerName(writer))
}

export interface LocalStore {
  readonly liveness: Liveness
  readonly writer: bigint
  readonly socket: string
}

/** A store of this process, closed when the running test or round is over. */
export function localStore(folder: string, files: Files = nodeFiles): LocalStore {
  const writer = newWriter()
  const liveness = new Liveness(files, folder, writer)
  whenOver(() => liveness.close())
  return { liveness, writer, socket: socketPath(folder, writer) }
}

export interface Owner {
  readonly child: ChildProcess
  readonly writer: bigint
  /** Tells it to do something and answers what came of it. */
  order(line: string): Promise<string>
}

/** An announced store in a process of its own. */
export async function startOwner(folder: string): Promise<Owner> {
  const writer = newWriter()
  const child = inProcess(new URL('owner.ts', import.meta.url), folder, String(writer))
  await child.line()
  return {
    child,
    writer,
    async order(line) {
      child.say(line)
      return (await child.line()).replace(/^\w+: /, '')
    },
  }
}

export interface Impostor {
  readonly writer: bigint
  readonly server: Server
  /** How often it was connected to. */
  visits: number
  /** The connections that are open. */
  readonly visitors: ReadonlySet<Socket>
}

/** A server in the place of a store's own, which tells who connects. */
export async function startImpostor(
  folder: string,
  visited: (visitor: Socket) => void = () => {},
): Promise<Impostor> {
  const writer = newWriter()
  const visitors = new Set<Socket>()
  const server = createServer(visitor => {
    impostor.visits++
    visitors.add(visitor)
    visitor.on('close', () => visitors.delete(visitor)).resume()
    visited(visitor)
  })
  const impostor: Impostor = { writer, server, visitors, visits: 0 }
  mkdirSync(folder, { recursive: true })
  await new Promise<void>(resolve => server.listen(socketPath(folder, writer), resolve))
  whenOver(() => {
    for (const visitor of visitors) visitor.destroy()
    server.close()
  })
  return impostor
}

/** Resolves with the milliseconds it takes until a store is known to be dead. */
export function death({ liveness }: LocalStore, writer: bigint): Promise<number> {
  const start = performance.now()
  return new Promise(resolve => liveness.watch(writer, () => resolve(performance.now() - start)))
}
