import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Answer, Question } from './ask.ts'

const script = fileURLToPath(new URL('step.ts', import.meta.url))
const compiled = fileURLToPath(new URL('../node_modules/.cache', import.meta.url))

/** An answer, and how long the process that gave it lived, in milliseconds. */
export type ProcessAnswer = Answer & { readonly lifetime: number }

/** Puts a question to the cache in a new process. */
export async function askInNewProcess(
  question: Question,
  onProgress: (fraction: number) => void,
): Promise<ProcessAnswer> {
  const began = performance.now()
  const child = spawn(process.execPath, [...process.execArgv, script, JSON.stringify(question)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Like an installed program, a step need not translate TypeScript each time.
    env: { NODE_COMPILE_CACHE: compiled, ...process.env },
  })
  let answer: Answer | undefined
  createInterface({ input: child.stdout }).on('line', line => {
    const said = JSON.parse(line) as { progress?: number; answer?: Answer }
    if (said.progress !== undefined) onProgress(said.progress)
    if (said.answer) answer = said.answer
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0 || !answer) throw new Error('A step of the demo failed.')
  return { ...answer, lifetime: performance.now() - began }
}
