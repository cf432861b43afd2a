import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
  /** Whether it was ended because of its `minutes`. */
  isLate: boolean
}

interface CommandOptions {
  cwd?: string
  env?: Record<string, string>
  /** How long it may take: then it is ended, and everything that it has started. Default without end. */
  minutes?: number
}

type Child = ChildProcessByStdio<null, Readable, Readable>

const windows = process.platform === 'win32'

/** Runs a command to its end, whatever that is. */
export function command(
  file: string,
  args: readonly string[],
  { cwd, env, minutes }: CommandOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: minutes !== undefined && !windows,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
    const isLate = minutes === undefined ? () => false : limit(child, minutes)
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr, isLate: isLate() }))
  })
}

/** Ends a command when its time is over, or this process ends; answers what says which it was. */
function limit(child: Child, minutes: number): () => boolean {
  let isLate = false
  const end = () => endAll(child)
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, minutes * 60_000)
  process.on('exit', end)
  child.on('close', () => {
    clearTimeout(timer)
    process.off('exit', end)
  })
  return () => isLate
}

// What it has started is in its process group. What has left that may still hold the pipes.
function endAll(child: Child): void {
  try {
    if (windows || child.pid === undefined) child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
  child.stdout.destroy()
  child.stderr.destroy()
}

/** Runs a command that has to succeed. */
export async function succeed(
  file: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const { code, stdout, stderr } = await command(file, args, options)
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} exited with code ${code}.\n${stdout}\n${stderr}`)
  return stdout
}
