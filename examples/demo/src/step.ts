// One step of the story, in a process of its own: reads a question, writes its progress and its answer, a line each.
import { ask, type Question } from './ask.ts'

const question = JSON.parse(process.argv[2] ?? '') as Question
const answer = await ask(question, progress => console.log(JSON.stringify({ progress })))
console.log(JSON.stringify({ answer }))
