export { argumentsFor } from './arguments.ts'
export { type ChildProcess, inProcess, inProcessWith, type Outcome } from './process.ts'
export { eachRound, whenOver } from './round.ts'
export { type Inspection, inspectDirectories, temporaryDirectory } from './temporary-directory.ts'
