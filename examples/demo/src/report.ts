import type { MissReason } from '@stagcache/core'
import { ago, kilometres, place, seconds } from './format.ts'
import { distanceBetween } from './sphere.ts'
import type { Step } from './story.ts'
import { table } from './table.ts'

/** How a step was answered, in a line. */
export function outcome(step: Step, earlier: Step | undefined): string {
  const { answer } = step
  if (answer.outcome === 'computed') {
    return `computed in ${seconds(answer.milliseconds)}: ${because(step, earlier)}`
  }
  const { at, process } = answer.computed
  const maker = earlier ? `by process ${process}` : `in an earlier run`
  return `read in ${seconds(answer.milliseconds)}: computed ${ago(Date.now() - Date.parse(at))} ${maker}`
}

/** What was asked in each step, how it was answered, why, how long it took, and what was saved. */
export function stepTable(steps: readonly Step[]): string[] {
  const columns = [
    { heading: '#' },
    { heading: 'version', align: 'right' },
    { heading: 'hashVal' },
    { heading: 'answer' },
    { heading: 'because' },
    { heading: 'cache()', align: 'right' },
    { heading: 'process', align: 'right' },
    { heading: 'saved', align: 'right' },
  ] as const
  const rows = steps.map((step, i) => [
    `${i + 1}`,
    `${step.question.version}`,
    hashOf(step.answer.stamp),
    step.answer.outcome === 'read' ? 'from disk' : 'computed',
    because(step, steps[i - 1]),
    seconds(step.answer.milliseconds),
    seconds(step.answer.lifetime),
    step.answer.outcome === 'read' ? seconds(savedBy(step)) : '',
  ])
  const sum = (of: (step: Step) => number) => seconds(steps.reduce((total, step) => total + of(step), 0))
  return table(columns, rows, [
    ...['', '', '', '', 'sum'],
    sum(({ answer }) => answer.milliseconds),
    sum(({ answer }) => answer.lifetime),
    sum(savedBy),
  ])
}

/** How much faster the second process was than one that computed the same, or nothing where it was not. */
export function speedup(steps: readonly Step[]): string[] {
  const reader = steps[1]
  const computer = steps.find(
    ({ answer }) => answer.outcome === 'computed' && answer.stamp === reader?.answer.stamp,
  )
  if (reader?.answer.outcome !== 'read' || !computer) return []
  const times = (of: 'milliseconds' | 'lifetime') => Math.floor(computer.answer[of] / reader.answer[of])
  return [
    `Step 2 had the result ${times('milliseconds')} times faster than step ${steps.indexOf(computer) + 1};`,
    `its whole process, from the start of Node.js to its end, was ${times('lifetime')} times faster.`,
  ]
}

const known = {
  sea: { name: 'Point Nemo', latitude: -(48 + 52.6 / 60), longitude: -(123 + 23.6 / 60), kilometres: 2688 },
  land: { name: 'Eurasian pole', latitude: 45 + 17 / 60, longitude: 88 + 8 / 60, kilometres: 2514 },
} as const

/** The places farthest from any coast, with what is known about them below. */
export function poleTable(step: Step): string[] {
  return (['sea', 'land'] as const).flatMap(side => {
    const [found, expected] = [step.answer[side], known[side]]
    const off = kilometres(distanceBetween(found, expected))
    return [
      `${side === 'sea' ? 'at sea ' : 'on land'}  ${kilometres(found.kilometres)}  ${place(found)}`,
      `  known  ${kilometres(expected.kilometres)}  ${place(expected)}  (${expected.name}, ${off} away)`,
    ]
  })
}

/** Why a step was answered as it was. */
function because({ answer, question }: Step, earlier: Step | undefined): string {
  if (answer.outcome === 'read') return 'still valid'
  const reasons: Record<MissReason, string> = {
    absent: 'nothing stored',
    params: 'other params',
    expired: 'has expired',
    refresh: 'a new one was asked for',
    stamp: earlier ? difference(question, earlier.question) : 'another is stored',
  }
  return reasons[answer.reason ?? 'absent']
}

function difference(one: Step['question'], other: Step['question']): string {
  if (one.version === other.version) return 'other hashVal'
  return one.coastline === other.coastline ? 'other version' : 'both differ'
}

// What a step did not have to compute, less what reading took, in milliseconds.
function savedBy({ answer }: Step): number {
  return answer.outcome === 'read' ? answer.computing - answer.milliseconds : 0
}

// The beginning of the fingerprint in a stamp like "1.1#3f9a2c…".
function hashOf(stamp: string): string {
  return stamp.slice(stamp.indexOf('#') + 1).slice(0, 7)
}
