import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { argumentsFor } from './arguments.ts'

export interface Outcome {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface ChildProcess {
  readonly pid: number
  /** How it ended, however it ended; never rejects. */
  readonly outcome: Promise<Outcome>
  /**
   * Ends its input, waits for it to end, and answers the last line of its output, parsed as JSON; rejects with what it wrote
   * to stderr unless it exited with 0.
   */
  result<T>(): Promise<T>
  /** Its next line of output; rejects if it ends before writing one. */
  line(): Promise<string>
  /** Writes a line to its input. */
  say(line: string): void
  kill(signal?: NodeJS.Signals): void
}

export interface ProcessOptions {
  /** Added to this process's environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>
  /** Flags for Node itself. */
  flags?: readonly string[]
}

/**
 * Runs a TypeScript file in a process of its own, which sees the source of the workspace's packages.
 * A process that still runs when the test ends is killed.
 *
 * @example
 * const child = inProcess(new URL('./writer.ts', import.meta.url), dir)
 * expect(await child.result()).toEqual({ written: 3 })
 */
export function inProcess(script: URL, ...args: string[]): ChildProcess {
  return inProcessWith({}, script, ...args)
}

/** `inProcess` with an environment or flags of the caller's. */
export function inProcessWith(options: ProcessOptions, script: URL, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [...argumentsFor(script, options.flags), ...args], {
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  })
  // A child that is gone does not read what it is told.
  child.stdin.on('error', () => {})
  const talk = conversation(child)
  const kill = killerOf(child)
  onTestFinished(async () => {
    kill()
    await talk.outcome
  })
  return { ...talk, pid: child.pid ?? -1, kill }
}

// Deno's own sends nothing more after the first signal, also where that has only stopped the process.
function killerOf(child: ChildProcessWithoutNullStreams): ChildProcess['kill'] {
  let hasEnded = child.pid === undefined
  child.on('exit', () => (hasEnded = true))
  return (signal = 'SIGKILL') => {
    try {
      if (!hasEnded) process.kill(child.pid as number, signal)
    } catch {
      // It has ended right now.
    }
  }
}

function conversation(
  child: ChildProcessWithoutNullStreams,
): Pick<ChildProcess, 'outcome' | 'result' | 'line' | 'say'> {
  const lines: string[] = []
  const outcome = ending(child, lines)
  let next = 0
  return {
    outcome,
    async result() {
      // Deno waits for an input that it has begun to read, also where the program has destroyed it.
      child.stdin.end()
      return lastLine(await outcome)
    },
    say: line => void child.stdin.write(`${line}\n`),
    async line() {
      const index = next++
      let ended: Outcome | undefined
      outcome.then(value => (ended = value))
      while (lines[index] === undefined) {
        if (ended)
          throw new Error(`The process ended without writing line ${index + 1}. ${description(ended)}`)
        await new Promise(resolve => setTimeout(resolve, 1))
      }
      return lines[index]
    },
  }
}

function ending(child: ChildProcessWithoutNullStreams, lines: string[]): Promise<Outcome> {
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  createInterface({ input: child.stdout }).on('line', line => lines.push(line))
  return new Promise(resolve => {
    const finish = (code: number | null, signal: NodeJS.Signals | null) =>
      resolve({ code, signal, stdout: lines.join('\n'), stderr })
    child.on('error', error => {
      stderr += error.message
      finish(null, null)
    })
    child.on('close', finish)
  })
}

function lastLine<T>(outcome: Outcome): T {
  const line = outcome.stdout.split('\n').at(-1)
  if (outcome.code !== 0 || !line) throw new Error(description(outcome))
  return JSON.parse(line) as T
}

function description({ code, signal, stdout, stderr }: Outcome): string {
  const end = signal ? `was ended by ${signal}` : `exited with code ${code}`
  return `The process ${end}.\n${stderr}${stdout && `\nIt wrote:\n${stdout}`}`
}
