import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { coastlineFile } from './options.ts'
import { type Stage, type Step, tell } from './story.ts'

const silent: Stage = { begins() {}, progress() {}, ends() {} }

describe('the story', { timeout: 60_000 }, () => {
  test('computes, reads in a second process, and computes after every change', async () => {
    const answers = (await run(temporaryDirectory())).map(step => step.answer)
    const [first, second, version, coastline, again] = answers
    expect(answers.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['computed', 'absent'],
      ['read', undefined],
      ['computed', 'stamp'],
      ['computed', 'stamp'],
      ['computed', 'stamp'],
    ])
    expect(answers.flatMap(answer => answer.troubles)).toEqual([])

    const { computed, computing, land, sea, stamp } = first!
    expect(second).toMatchObject({ computed, computing, land, sea, stamp })
    expect(new Set(answers.map(answer => answer.computed.process)).size).toBe(4)

    const [, hash] = stamp.split('#')
    expect([stamp, again!.stamp]).toEqual([`1.1#${hash}`, `1.1#${hash}`])
    expect(version!.stamp).toBe(`1.2#${hash}`)
    expect(coastline!.stamp).toMatch(/^1\.2#/)
    expect(coastline!.stamp).not.toContain(hash)
  })

  test('told again, begins with what the last step left', async () => {
    const dir = temporaryDirectory()
    const last = (await run(dir)).at(-1)!.answer
    const [first] = await run(dir)
    expect(first!.answer).toMatchObject({ outcome: 'read', computed: last.computed })
  })

  test('goes on, and says so, where nothing can be stored', async () => {
    const steps = await run(coastlineFile('110m'))
    expect(steps.map(({ answer }) => answer.outcome)).toEqual(Array(5).fill('computed'))
    for (const { answer } of steps) expect(answer.troubles.length).toBeGreaterThan(0)
  })
})

function run(dir: string): Promise<Step[]> {
  const question = { dir, version: 1, coastline: coastlineFile('50m'), width: 36 }
  return tell({ question, otherCoastline: coastlineFile('110m') }, silent)
}
