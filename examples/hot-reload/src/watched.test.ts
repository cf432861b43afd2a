import { utimesSync } from 'node:fs'
import { type ChildProcess, inProcessWith, temporaryDirectory } from '@stagcache/test-kit'
import { expect, test } from 'vitest'

const program = new URL('watched.ts', import.meta.url)

interface Report {
  readonly session: string
  readonly startedAt: string
  readonly generated: number
}

/** What the program says of its next start, among what `node --watch` says. */
async function report(child: ChildProcess): Promise<Report> {
  for (;;) {
    const line = await child.line()
    if (line.startsWith('{')) return JSON.parse(line)
  }
}

function touch(): void {
  utimesSync(program, new Date(), new Date())
}

test.each([
  { variable: 'development', goesOn: true },
  { variable: undefined, goesOn: false },
])(
  'with STAGCACHE_SESSION=$variable a restart by node --watch goes on with the session: $goesOn',
  async ({ variable, goesOn }) => {
    const env = { STAGCACHE_SESSION: variable }
    const child = inProcessWith({ env, flags: ['--watch'] }, program, temporaryDirectory())
    const first = await report(child)
    expect(first.generated).toBe(1)
    touch()
    // A start takes a while, and each touch begins another one.
    const again = setInterval(touch, 20_000)
    const second = await report(child).finally(() => clearInterval(again))
    expect(second.session === first.session).toBe(goesOn)
    expect(second.startedAt === first.startedAt).toBe(goesOn)
    expect(second.generated).toBe(goesOn ? 0 : 1)
  },
  60_000,
)
