import { performance } from 'node:perf_hooks'

const cells = 40

/** Shows how much of something is done: a bar in a terminal, a line for every quarter anywhere else. */
export class ProgressBar {
  readonly #out: NodeJS.WriteStream
  readonly #began = performance.now()
  #fraction = 0
  #timer: NodeJS.Timeout | undefined

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  update(fraction: number): void {
    const quarters = Math.floor(fraction * 4)
    const passed = quarters > Math.floor(this.#fraction * 4)
    this.#fraction = fraction
    // Drawn by the clock: while nothing is reported, the seconds go on.
    if (this.#out.isTTY) this.#timer ??= setInterval(() => this.#draw(), 50)
    else if (passed) this.#out.write(`   ${25 * quarters} % after ${this.#elapsed()}\n`)
  }

  /** Takes the bar away. */
  end(): void {
    if (!this.#timer) return
    clearInterval(this.#timer)
    this.#out.write('\r\x1b[K')
  }

  #draw(): void {
    const done = Math.round(this.#fraction * cells)
    const bar = '█'.repeat(done) + '░'.repeat(cells - done)
    this.#out.write(`\r   ${bar} ${Math.floor(this.#fraction * 100)} %  ${this.#elapsed()}\x1b[K`)
  }

  #elapsed(): string {
    return `${((performance.now() - this.#began) / 1000).toFixed(1)} s`
  }
}
