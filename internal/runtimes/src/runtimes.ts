import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { command } from './command.ts'

export interface Runtime {
  name: string
  /** The executable and what stands before a script; undefined where this machine has none. */
  command?: readonly [string, ...string[]]
  version?: string
}

const { platform, arch } = process
const bunArch = arch === 'arm64' ? 'aarch64' : arch
const denoSystem = platform === 'linux' ? `${platform}-${arch}-glibc` : `${platform}-${arch}`
const exe = platform === 'win32' ? '.exe' : ''

/** Every runtime that the packages promise to work on. */
export async function findRuntimes(): Promise<Runtime[]> {
  return Promise.all([
    findNode(20),
    findNode(22),
    findNode(24, process.execPath),
    findNode(26),
    find('bun', /^\d/, [
      packaged(`@oven/bun-${platform === 'win32' ? 'windows' : platform}-${bunArch}`, `bin/bun${exe}`),
      ...onPath(`bun${exe}`),
    ]),
    find(
      'deno',
      /^deno /,
      [packaged(`@deno/${denoSystem}`, `deno${exe}`), ...onPath(`deno${exe}`)],
      ['run', '--allow-all'],
    ),
  ])
}

function findNode(major: number, ...candidates: string[]): Promise<Runtime> {
  return find(`node ${major}`, new RegExp(`^v${major}\\.`), [
    ...candidates,
    packaged(`node-${major}-${platform}-${arch}`, `bin/node${exe}`),
    ...onPath(`node${exe}`),
  ])
}

async function find(
  name: string,
  version: RegExp,
  candidates: (string | undefined)[],
  args: string[] = [],
): Promise<Runtime> {
  for (const path of candidates) {
    if (path === undefined || !isExecutable(path)) continue
    const answer = await command(path, ['--version']).catch(() => undefined)
    if (answer?.code === 0 && version.test(answer.stdout)) {
      return { name, command: [path, ...args], version: answer.stdout.split('\n')[0] ?? '' }
    }
  }
  return { name }
}

function packaged(name: string, path: string): string | undefined {
  try {
    return join(createRequire(import.meta.url).resolve(`${name}/package.json`), '..', path)
  } catch {
    return undefined
  }
}

function onPath(name: string): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, name))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
