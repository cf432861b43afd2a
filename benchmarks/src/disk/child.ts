import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program in a process of its own, which sees the source of the workspace. */
export class Child {
  readonly #process: ChildProcess
  readonly #messages: AsyncIterator<unknown[]>
  #complaint = ''

  /** @param args - What the program is told, as JSON. */
  constructor(program: URL, args: object) {
    this.#process = fork(fileURLToPath(program), [JSON.stringify(args)], {
      execArgv: ['--expose-gc', '--conditions=@stagcache/source'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#messages = on(this.#process, 'message', { close: ['exit'] })
    this.#process.stderr?.on('data', part => {
      this.#complaint += part
    })
  }

  /** What the program sends next; rejects with what it complained about if it ends before. */
  async message<T>(): Promise<T> {
    const { value, done } = await this.#messages.next()
    if (done) throw new Error(`Its process ended. ${this.#complaint.match(/^\w*Error.*$/m)?.[0] ?? ''}`)
    return value[0] as T
  }

  send(message: string): void {
    this.#process.send(message)
  }

  /** Ends the program, unless it has ended by itself. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }
}

/** Runs a program that sends one message. */
export async function messageOf<T>(program: URL, args: object): Promise<T> {
  const child = new Child(program, args)
  try {
    return await child.message<T>()
  } finally {
    await child.end()
  }
}
