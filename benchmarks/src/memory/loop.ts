import type { MemoryRival } from './memory-rival.ts'

/** Calls `ask` with each of `questions`, and of `values` beside them, `turns` times over, and adds up what it makes of the answers. */
export type Loop = <Q>(
  ask: (question: Q, value: never) => unknown,
  questions: readonly Q[],
  values: readonly unknown[],
  turns: number,
) => number | Promise<number>

const additions = {
  /** The ids of items. */
  ids: 'answer.id',
  /** How often there was nothing. */
  nothing: 'answer === undefined ? 1 : 0',
  /** Numbers. */
  numbers: 'answer',
  /** How often it was asked. */
  calls: '1',
}

/**
 * A loop of its own for each contender. Shared by all of them, it would call through one place in the program what they do,
 * and the compiler could do no better than to call it: that costs more than a hit takes.
 */
export function loopOf(
  { name, awaited }: Pick<MemoryRival, 'name' | 'awaited'>,
  addition: keyof typeof additions,
): Loop {
  const [kind, wait] = awaited ? ['async ', 'await '] : ['', '']
  return new Function(`// ${name}, ${addition}
    return ${kind}function (ask, questions, values, turns) {
      let sum = 0
      for (let turn = 0; turn < turns; turn++) {
        for (let place = 0; place < questions.length; place++) {
          const answer = ${wait}ask(questions[place], values[place])
          sum += ${additions[addition]}
        }
      }
      return sum
    }`)() as Loop
}
