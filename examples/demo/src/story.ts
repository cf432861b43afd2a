import type { Question } from './ask.ts'
import { askInNewProcess, type ProcessAnswer } from './new-process.ts'

/** One step of the story: what is asked, and how the cache answered a process of its own. */
export interface Step {
  readonly title: string
  readonly question: Question
  readonly answer: ProcessAnswer
}

/** Where the story's steps are shown while they happen. */
export interface Stage {
  begins(number: number, title: string): void
  progress(fraction: number): void
  ends(step: Step, earlier: Step | undefined): void
}

/** What the story is about: the question it begins with, and another coastline file. */
export interface Setting {
  readonly question: Question
  readonly otherCoastline: string
}

/**
 * Asks the cache five times, each time in a new process. The last question is the first one again, so that its answer
 * is what remains for the next run.
 */
export async function tell({ question, otherCoastline }: Setting, stage: Stage): Promise<Step[]> {
  const changed = { ...question, version: question.version + 1 }
  const scenes: [title: string, question: Question][] = [
    ['A process asks for the distances.', question],
    ['A new process asks the same.', question],
    [`The entry's version becomes ${changed.version}, as after a change of the program.`, changed],
    [
      'The coastline file is another one, and its fingerprint is in hashVal.',
      { ...changed, coastline: otherCoastline },
    ],
    ['Everything is again as it was first. A name keeps its newest entry only.', question],
  ]
  const steps: Step[] = []
  for (const [index, [title, question]] of scenes.entries()) {
    stage.begins(index + 1, title)
    const answer = await askInNewProcess(question, fraction => stage.progress(fraction))
    const step = { title, question, answer }
    stage.ends(step, steps.at(-1))
    steps.push(step)
  }
  return steps
}
