import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The workspace's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const windows = process.platform === 'win32'
const bin = join(root, 'node_modules', '.bin')
const installed = join(root, 'node_modules', '.stagcache-installed')
const workspaceFolders = ['packages', 'internal', 'examples']

/** Installs what the workspace needs, if it changed; afterwards the workspace's own Node and tools come first in PATH. */
export async function setUp() {
  requireNode(20)
  process.env.PATH = `${bin}${delimiter}${process.env.PATH}`
  process.env.TURBO_TELEMETRY_DISABLED = '1'
  process.env.TURBO_NO_UPDATE_NOTIFIER = '1'
  const state = dependencyState()
  if (isInstalled(state)) return
  if ((await pnpm(['install', '--frozen-lockfile'])) !== 0) {
    throw new Error('The dependencies could not be installed; what pnpm wrote above says why.')
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(installed, state)
}

/** Runs pnpm, in the version that package.json names, and resolves to its exit code. */
export function pnpm(args, options) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return run('npx', ['--yes', packageManager, ...args], options)
}

/**
 * Runs a command with this process's output and resolves to its exit code. After `minutes` it is ended,
 * and everything it started with it.
 */
export function run(command, args, { minutes = 10, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'inherit', 'inherit']
    const child = spawn(command, args, { cwd, stdio, detached: !windows, shell: windows })
    const limit = setTimeout(() => {
      console.error(`${command} ${args.join(' ')} took longer than ${minutes} minutes and was ended.`)
      end(child)
    }, minutes * 60_000)
    const pass = signal => end(child, signal)
    process.on('SIGINT', pass).on('SIGTERM', pass)
    const settle = () => {
      clearTimeout(limit)
      process.off('SIGINT', pass).off('SIGTERM', pass)
    }
    child.on('error', error => {
      settle()
      reject(new Error(`"${command}" could not be started. It comes with Node.js and npm.`, { cause: error }))
    })
    child.on('close', code => {
      settle()
      resolve(code ?? 1)
    })
  })
}

// What npx starts, starts others: only their process group reaches all of them.
function end(child, signal = 'SIGKILL') {
  try {
    if (windows) child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // It ended by itself.
  }
}

function requireNode(major) {
  if (Number.parseInt(process.versions.node, 10) >= major) return
  console.error(`StagCache's tools need Node.js ${major} or newer; this is ${process.version}.`)
  process.exit(1)
}

function isInstalled(state) {
  return existsSync(installed) && existsSync(bin) && readFileSync(installed, 'utf8') === state
}

/** Changes with everything that decides what an installation contains. */
function dependencyState() {
  const manifests = workspaceFolders
    .filter(folder => existsSync(join(root, folder)))
    .flatMap(folder => readdirSync(join(root, folder)).map(name => join(folder, name, 'package.json')))
  const files = [
    'package.json',
    'pnpm-workspace.yaml',
    'pnpm-lock.yaml',
    'benchmarks/package.json',
    ...manifests.sort(),
  ]
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`)
  for (const file of files) {
    if (existsSync(join(root, file))) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}
