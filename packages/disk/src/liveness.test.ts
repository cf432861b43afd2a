import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles, type Operation, systemError } from '../test/hooked-files.ts'
import {
  death,
  type Impostor,
  liveFolder,
  localStore,
  newWriter,
  socketPath,
  startImpostor,
  startOwner,
} from '../test/living.ts'
import { needsSocketsOfItsOwn, skipBecause } from '../test/needs.ts'
import { type Files, nodeFiles } from './files.ts'
import { writerName } from './liveness.ts'

// The folders of sockets are made by the tests, and the dead are left in them.
beforeEach(() => leaves('leftover', 'foreign'))

describe('a store', () => {
  test('is alive from when it is announced until it is closed', async () => {
    const folder = liveFolder()
    const [one, other] = [localStore(folder), localStore(folder)]
    expect(await other.liveness.isAlive(one.writer)).toBe(false)
    await one.liveness.announce()
    expect(await other.liveness.isAlive(one.writer)).toBe(true)
    await one.liveness.close()
    expect(await other.liveness.isAlive(one.writer)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })

  test('is alive for itself, even where nobody else would see it', async () => {
    const { liveness, writer } = localStore(liveFolder())
    const died = vi.fn()
    liveness.watch(writer, died)
    expect(await liveness.isAlive(writer)).toBe(true)
    expect(died).not.toHaveBeenCalled()
  })

  test('announces itself once, however often it is asked to', async () => {
    const folder = liveFolder()
    const { liveness, socket } = localStore(folder)
    await Promise.all([liveness.announce(), liveness.announce()])
    const { ino } = lstatSync(socket)
    await liveness.announce()
    expect(lstatSync(socket).ino).toBe(ino)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  test('is found in a folder that only its user may enter', async () => {
    const folder = liveFolder()
    await localStore(folder).liveness.announce()
    expect(lstatSync(folder).mode & 0o777).toBe(0o700)
  })

  test('is found by whatever path its directory is reached', async () => {
    const parent = temporaryDirectory()
    const long = join(parent, 'a'.repeat(60), 'b'.repeat(60))
    const short = join(parent, 'short')
    mkdirSync(long, { recursive: true })
    symlinkSync(long, short)
    const stores = [localStore(liveFolder(long)), localStore(liveFolder(short))]
    await Promise.all(stores.map(store => store.liveness.announce()))
    for (const one of stores)
      for (const other of stores) expect(await one.liveness.isAlive(other.writer)).toBe(true)
    renameSync(long, join(parent, 'moved'))
    const later = localStore(liveFolder(join(parent, 'moved')))
    for (const store of stores) expect(await later.liveness.isAlive(store.writer)).toBe(true)
  })

  test('leaves nothing among the temporary files when its path is long', async () => {
    const folder = liveFolder(join(temporaryDirectory(), 'ä'.repeat(30)))
    const temporary = temporaryDirectory()
    vi.stubEnv('TMPDIR', temporary)
    onTestFinished(() => void vi.unstubAllEnvs())
    const [one, other] = [localStore(folder), localStore(folder)]
    await one.liveness.announce()
    expect(await other.liveness.isAlive(one.writer)).toBe(true)
    expect(readdirSync(temporary)).toEqual([])
  })
})

describe('a store that was announced', () => {
  test.each<[string, (dir: string, socket: string) => void]>([
    ['its directory has been removed', dir => rmSync(dir, { recursive: true })],
    ['its directory has been moved away', dir => renameSync(dir, `${dir}.moved`)],
    ['its socket has been removed', (_, socket) => rmSync(socket)],
    [
      'its directory has been replaced by a copy',
      (dir, socket) => {
        rmSync(socket)
        cpSync(dir, `${dir}.copy`, { recursive: true })
        rmSync(dir, { recursive: true })
        renameSync(`${dir}.copy`, dir)
        writeFileSync(socket, '')
      },
    ],
  ])('is seen again once it is announced after %s', async (_, change) => {
    const dir = join(temporaryDirectory(), 'cache')
    const folder = liveFolder(dir)
    const [one, watcher] = [localStore(folder), localStore(folder)]
    await one.liveness.announce()
    const died = vi.fn()
    watcher.liveness.watch(one.writer, died)
    expect(await watcher.liveness.isAlive(one.writer)).toBe(true)
    change(dir, one.socket)
    expect(await localStore(folder).liveness.isAlive(one.writer)).toBe(false)
    await one.liveness.announce()
    expect(await localStore(liveFolder(`${dir}.moved`)).liveness.isAlive(one.writer)).toBe(false)
    expect(await localStore(folder).liveness.isAlive(one.writer)).toBe(true)
    expect(await watcher.liveness.isAlive(one.writer)).toBe(true)
    expect(died).not.toHaveBeenCalled()
    await one.liveness.close()
    expect(await localStore(folder).liveness.isAlive(one.writer)).toBe(false)
    await vi.waitFor(() => expect(died).toHaveBeenCalledOnce())
  })
})

describe('announcing', () => {
  test('takes the place of a draft that has come back with its directory', async () => {
    const folder = liveFolder()
    mkdirSync(folder, { recursive: true })
    const { liveness, socket, writer } = localStore(folder)
    const abandoned = createServer().listen(`${socket}.draft`)
    onTestFinished(() => void abandoned.close())
    await vi.waitFor(() => expect(abandoned.listening).toBe(true))
    await liveness.announce()
    expect(await localStore(folder).liveness.isAlive(writer)).toBe(true)
  })

  const interferences: [string, (folder: string, times: () => boolean) => Partial<Files>][] = [
    [
      'the folder is removed before the socket is made',
      (folder, isDue) => ({
        makeDirectory(path) {
          nodeFiles.makeDirectory(path)
          if (isDue()) rmSync(folder, { recursive: true })
        },
      }),
    ],
    [
      'the folder is removed before the socket is in its place',
      (folder, isDue) => ({
        move(from, to) {
          if (isDue()) rmSync(folder, { recursive: true })
          nodeFiles.move(from, to)
        },
      }),
    ],
    [
      'the socket is swept before it is in its place',
      (_, isDue) => ({
        move(from, to) {
          if (isDue()) rmSync(from)
          nodeFiles.move(from, to)
        },
      }),
    ],
  ]

  test.each(interferences)('goes on when %s', async (_, interfere) => {
    const folder = liveFolder()
    let times = 2
    const { liveness, writer } = localStore(folder, {
      ...nodeFiles,
      ...interfere(folder, () => times-- > 0),
    })
    await liveness.announce()
    expect(times).toBeLessThanOrEqual(0)
    expect(await localStore(folder).liveness.isAlive(writer)).toBe(true)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  test.each(interferences)('gives up when %s each time', async (_, interfere) => {
    const folder = liveFolder()
    const { liveness, writer } = localStore(folder, { ...nodeFiles, ...interfere(folder, () => true) })
    await expect(liveness.announce()).rejects.toThrow()
    expect(await localStore(folder).liveness.isAlive(writer)).toBe(false)
    expect(nodeFiles.list(folder)).toEqual([])
  })

  test.each<[Operation, string]>([
    ['makeDirectory', 'EROFS'],
    ['identityAt', 'EACCES'],
    ['move', 'ENOSPC'],
  ])('rejects when %s fails with %s, and succeeds when it does no more', async (operation, code) => {
    const folder = liveFolder()
    let isFailing = true
    const files = hookedFiles({
      before(each) {
        if (isFailing && each === operation) throw systemError(code)
      },
    })
    const { liveness, writer } = localStore(folder, files)
    await expect(liveness.announce()).rejects.toMatchObject({ code })
    expect(nodeFiles.list(folder)).toEqual([])
    isFailing = false
    await liveness.announce()
    expect(await localStore(folder).liveness.isAlive(writer)).toBe(true)
  })

  test('rejects where no path to the folder is short enough for a socket', async () => {
    const folder = liveFolder(join(temporaryDirectory(), 'd'.repeat(100)))
    const temporary = join(temporaryDirectory(), 't'.repeat(100))
    mkdirSync(temporary)
    vi.stubEnv('TMPDIR', temporary)
    onTestFinished(() => void vi.unstubAllEnvs())
    const { liveness } = localStore(folder)
    await expect(liveness.announce()).rejects.toThrow(temporary)
    expect(readdirSync(folder)).toEqual([])
    expect(readdirSync(temporary)).toEqual([])
  })
})

describe('a store is dead', () => {
  test('soon after its process was killed, whatever other processes that one had started', async context => {
    needsSocketsOfItsOwn(context)
    const folder = liveFolder()
    const watcher = localStore(folder)
    const { child, writer, order } = await startOwner(folder)
    const survivor = Number(await order('spawn'))
    onTestFinished(() => void process.kill(survivor))
    expect(await watcher.liveness.isAlive(writer)).toBe(true)
    const died = death(watcher, writer)
    child.kill()
    expect(await died).toBeLessThan(1000)
    expect(await watcher.liveness.isAlive(writer)).toBe(false)
    expect(existsSync(socketPath(folder, writer))).toBe(true)
  })

  test('at once for who asks after its process was killed', async () => {
    const folder = liveFolder()
    const watcher = localStore(folder)
    const { child, writer } = await startOwner(folder)
    expect(await watcher.liveness.isAlive(writer)).toBe(true)
    child.kill()
    await child.outcome
    expect(await watcher.liveness.isAlive(writer)).toBe(false)
  })

  test('when its thread was terminated, though its process goes on', async () => {
    const folder = liveFolder()
    const watcher = localStore(folder)
    const { child, writer, order } = await startOwner(folder)
    const inThread = newWriter()
    await order(`startThread ${inThread}`)
    await child.line()
    expect(await watcher.liveness.isAlive(inThread)).toBe(true)
    const died = death(watcher, inThread)
    await order('endThread')
    expect(await died).toBeLessThan(1000)
    expect(await watcher.liveness.isAlive(writer)).toBe(true)
  })

  test('when it was killed as a worker of a cluster, though the primary goes on', async () => {
    const folder = liveFolder()
    const watcher = localStore(folder)
    const { child, writer, order } = await startOwner(folder)
    const inWorker = newWriter()
    const pid = Number(await order(`startClusterWorker ${inWorker}`))
    await child.line()
    expect(await watcher.liveness.isAlive(inWorker)).toBe(true)
    const died = death(watcher, inWorker)
    process.kill(pid, 'SIGKILL')
    expect(await died).toBeLessThan(1000)
    expect(await watcher.liveness.isAlive(writer)).toBe(true)
  })

  test('when a file or a link stands in the place of its socket', async () => {
    const folder = liveFolder()
    const { liveness } = localStore(folder)
    const impostor = await startImpostor(folder)
    const [file, link] = [newWriter(), newWriter()]
    writeFileSync(socketPath(folder, file), '')
    symlinkSync(socketPath(folder, impostor.writer), socketPath(folder, link))
    expect(await liveness.isAlive(file)).toBe(false)
    expect(await liveness.isAlive(link)).toBe(false)
    expect(impostor.visits).toBe(0)
  })
})

describe('a store is alive', () => {
  test('while its event loop is blocked', async () => {
    const folder = liveFolder()
    const watcher = localStore(folder)
    const { child, writer, order } = await startOwner(folder)
    const died = vi.fn()
    watcher.liveness.watch(writer, died)
    let isBlocked = true
    const free = order('block 2500').then(() => (isBlocked = false))
    let asked = 0
    while (isBlocked) {
      expect(await watcher.liveness.isAlive(writer)).toBe(true)
      const stranger = localStore(folder)
      expect(await stranger.liveness.isAlive(writer)).toBe(true)
      await stranger.liveness.close()
      if (isBlocked) asked++
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    await free
    expect(asked).toBeGreaterThan(20)
    expect(died).not.toHaveBeenCalled()
    child.kill()
    await vi.waitFor(() => expect(died).toHaveBeenCalledOnce())
  })

  test('without a file descriptor left for those who ask, and survives that', async () => {
    const folder = liveFolder()
    const [early, late] = [localStore(folder), localStore(folder)]
    const { child, writer, order } = await startOwner(folder)
    const died = vi.fn()
    early.liveness.watch(writer, died)
    expect(await early.liveness.isAlive(writer)).toBe(true)
    expect(await order('exhaustDescriptors')).toBe('EMFILE')
    late.liveness.watch(writer, died)
    for (let round = 0; round < 20; round++) expect(await late.liveness.isAlive(writer)).toBe(true)
    expect(died).not.toHaveBeenCalled()
    child.kill()
    await vi.waitFor(() => expect(died).toHaveBeenCalledTimes(2))
  })

  test.runIf(process.platform === 'linux')('when too many wait to be accepted', async context => {
    const folder = liveFolder()
    const { liveness } = localStore(folder)
    const { child, writer } = await startOwner(folder)
    child.kill('SIGSTOP')
    const refusal = await fillQueue(socketPath(folder, writer))
    if (refusal === 'ECONNREFUSED')
      return skipBecause(context, 'here a full queue looks like nobody listening')
    expect(refusal).toBe('EAGAIN')
    expect(await liveness.isAlive(writer)).toBe(true)
  })

  test('no more when its socket is removed while somebody looks', async () => {
    const { liveness } = localStore(liveFolder(), { ...nodeFiles, isSocket: () => true })
    expect(await liveness.isAlive(newWriter())).toBe(false)
  })

  test.each<[string, Operation]>([
    ['nobody may look', 'isSocket'],
    ['a refusal may be for want of a file descriptor', 'list'],
  ])('as far as anybody can tell when %s', async (_, operation) => {
    const folder = liveFolder()
    const { child, writer } = await startOwner(folder)
    child.kill()
    await child.outcome
    let isFailing = true
    const files = hookedFiles({
      before(each) {
        if (isFailing && each === operation) throw systemError('EMFILE')
      },
    })
    const watcher = localStore(folder, files)
    const died = death(watcher, writer)
    expect(await watcher.liveness.isAlive(writer)).toBe(true)
    await watcher.liveness.sweep().catch(() => {})
    expect(existsSync(socketPath(folder, writer))).toBe(true)
    isFailing = false
    expect(await died).toBeLessThan(1000)
    expect(await watcher.liveness.isAlive(writer)).toBe(false)
  })
})

describe('a watch', () => {
  test('of a store that is not alive ends soon, but not before it has begun', async () => {
    const { liveness } = localStore(liveFolder())
    const died = vi.fn()
    liveness.watch(newWriter(), died)
    expect(died).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(died).toHaveBeenCalledOnce())
  })

  test('tells each who watches once, but not who has stopped', async () => {
    const folder = liveFolder()
    const [one, watcher] = [localStore(folder), localStore(folder)]
    await one.liveness.announce()
    const [died, stopped] = [vi.fn(), vi.fn()]
    watcher.liveness.watch(one.writer, died)
    watcher.liveness.watch(one.writer, died)
    watcher.liveness.watch(one.writer, stopped)()
    watcher.liveness.watch(one.writer, died)()
    await one.liveness.close()
    await vi.waitFor(() => expect(died).toHaveBeenCalledTimes(2))
    expect(await watcher.liveness.isAlive(one.writer)).toBe(false)
    expect(died).toHaveBeenCalledTimes(2)
    expect(stopped).not.toHaveBeenCalled()
  })

  test('is over when its own store is closed', async () => {
    const folder = liveFolder()
    const [one, watcher] = [localStore(folder), localStore(folder)]
    await one.liveness.announce()
    const died = vi.fn()
    watcher.liveness.watch(one.writer, died)
    expect(await watcher.liveness.isAlive(one.writer)).toBe(true)
    watcher.liveness.watch(newWriter(), died)
    await watcher.liveness.close()
    watcher.liveness.watch(one.writer, died)
    const witness = localStore(folder)
    const known = death(witness, one.writer)
    await one.liveness.close()
    await known
    expect(died).not.toHaveBeenCalled()
  })

  test('that is over before it is connected leaves no connection', async () => {
    const folder = liveFolder()
    const { liveness } = localStore(folder)
    const impostor = await startImpostor(folder)
    liveness.watch(impostor.writer, () => {})
    await liveness.close()
    await vi.waitFor(() => expect(impostor.visits).toBe(1))
    await vi.waitFor(() => expect(impostor.visitors.size).toBe(0))
  })

  test('shares its connection with all others and with questions', async () => {
    const folder = liveFolder()
    const { liveness } = localStore(folder)
    const impostor = await startImpostor(folder)
    for (let round = 0; round < 3; round++) {
      liveness.watch(impostor.writer, () => {})
      expect(await liveness.isAlive(impostor.writer)).toBe(true)
    }
    await vi.waitFor(() => expect(impostor.visits).toBe(1))
  })

  test('asks at growing intervals a store that accepts nobody', async () => {
    const folder = liveFolder()
    const { liveness } = localStore(folder)
    const times: number[] = []
    const impostor = await startImpostor(folder, visitor => {
      times.push(performance.now())
      visitor.destroy()
    })
    const died = vi.fn()
    liveness.watch(impostor.writer, died)
    await vi.waitFor(() => expect(times).toHaveLength(8))
    // 1 + 2 + 4 + … + 64, less what a timer may be early.
    expect((times.at(-1) as number) - (times[0] as number)).toBeGreaterThan(120)
    expect(died).not.toHaveBeenCalled()
    impostor.server.close()
    await vi.waitFor(() => expect(died).toHaveBeenCalledOnce())
  })

  test('keeps neither the one nor the other process from ending', async () => {
    const folder = liveFolder()
    const [one, other] = [await startOwner(folder), await startOwner(folder)]
    await one.order(`watch ${other.writer}`)
    await other.order(`watch ${one.writer}`)
    expect(await one.order(`isAlive ${other.writer}`)).toBe('true')
    expect(await other.order(`isAlive ${one.writer}`)).toBe('true')
    await other.order('leave')
    expect(await other.child.outcome).toMatchObject({ code: 0, stderr: '' })
    expect(await one.child.line()).toBe('it is dead')
  })

  test('does not keep a process from ending while it asks again', async () => {
    const folder = liveFolder()
    const impostor = await startImpostor(folder, visitor => visitor.destroy())
    const { child, order } = await startOwner(folder)
    await order(`watch ${impostor.writer}`)
    await vi.waitFor(() => expect(impostor.visits).toBeGreaterThan(5))
    await order('leave')
    expect(await child.outcome).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('the number of connections is bounded', () => {
  test('for who asks about many', async () => {
    const folder = liveFolder()
    const { liveness } = localStore(folder)
    const impostors = await Promise.all(Array.from({ length: 80 }, () => startImpostor(folder)))
    const watched = impostors.at(-1) as Impostor
    const died = vi.fn()
    const stop = liveness.watch(watched.writer, died)
    const connected = () => impostors.filter(({ visitors }) => visitors.size > 0)
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(impostors.map(({ writer }) => liveness.isAlive(writer)))
      expect(answers).toEqual(Array(80).fill(true))
      await vi.waitFor(() => expect(impostors.filter(({ visits }) => visits === 0)).toEqual([]))
      await vi.waitFor(() => expect(connected()).toHaveLength(64))
      expect(connected()).toContain(watched)
    }
    const stops = impostors.map(({ writer }) => liveness.watch(writer, died))
    await vi.waitFor(() => expect(connected()).toHaveLength(80))
    for (const each of [stop, ...stops]) each()
    await vi.waitFor(() => expect(connected()).toHaveLength(64))
    expect(died).not.toHaveBeenCalled()
  })

  test('for who asks about many at once', async () => {
    let [open, most] = [0, 0]
    const { liveness } = localStore(liveFolder(join(temporaryDirectory(), 'd'.repeat(100))), {
      ...nodeFiles,
      isSocket: () => true,
      shortcut(path) {
        const shortcut = nodeFiles.shortcut(path)
        most = Math.max(most, ++open)
        const remove = () => {
          open--
          shortcut.remove()
        }
        return { path: shortcut.path, remove }
      },
    })
    await Promise.all(Array.from({ length: 60 }, () => liveness.isAlive(newWriter())))
    expect(open).toBe(0)
    expect(most).toBe(16)
  })

  test('for who is asked by many', async () => {
    const folder = liveFolder()
    const { liveness, writer, socket } = localStore(folder)
    await liveness.announce()
    expect(await tooMany(socket, 300)).toBe(300 - 256)
    // The places of those who have gone become free.
    await vi.waitFor(async () => expect(await tooMany(socket, 300)).toBe(300 - 256), { timeout: 20_000 })
    const watcher = localStore(folder)
    const died = death(watcher, writer)
    expect(await watcher.liveness.isAlive(writer)).toBe(true)
    await liveness.close()
    expect(await died).toBeLessThan(1000)
  })
})

describe('sweeping', () => {
  test('removes what dead stores have left, and nothing else', async () => {
    const folder = liveFolder()
    const [one, sweeper] = [localStore(folder), localStore(folder)]
    const { child, writer } = await startOwner(folder)
    await one.liveness.announce()
    await sweeper.liveness.announce()
    child.kill()
    await child.outcome
    const rest = ['0123456789abcdeg', '0123456789abcdef.tmp', '0123456789abcdef-pin', 'x0123456789abcdef']
    for (const name of [...rest, '0123456789abcdef', '1123456789abcdef.draft'])
      writeFileSync(join(folder, name), '')
    await sweeper.liveness.sweep()
    expect(readdirSync(folder).sort()).toEqual(
      [...rest, writerName(one.writer), writerName(sweeper.writer)].sort(),
    )
    expect(await sweeper.liveness.isAlive(one.writer)).toBe(true)
    expect(await one.liveness.isAlive(sweeper.writer)).toBe(true)
    expect(await one.liveness.isAlive(writer)).toBe(false)
  })

  test('of a folder that does not exist does nothing', async () => {
    const folder = liveFolder()
    await localStore(folder).liveness.sweep()
    expect(existsSync(folder)).toBe(false)
  })
})

/** Connects until that is not possible any more, and answers why. */
async function fillQueue(path: string): Promise<string> {
  for (let count = 0; count < 6000; count++) {
    const visitor = connect(path)
    onTestFinished(() => void visitor.destroy())
    const refusal = await new Promise<string | undefined>(resolve => {
      visitor.once('connect', () => resolve(undefined))
      visitor.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
    if (refusal) return refusal
  }
  return 'none'
}

/** How many of some connections are closed by who was connected to. The last has to be. */
async function tooMany(path: string, length: number): Promise<number> {
  const visitors = Array.from({ length }, () => connect(path).resume())
  const closed = () => visitors.filter(visitor => visitor.closed).length
  // Not each is accepted in its turn.
  await vi.waitFor(() => expect(closed()).toBeGreaterThanOrEqual(length - 256), { timeout: 10_000 })
  const count = closed()
  for (const visitor of visitors) visitor.destroy()
  return count
}
