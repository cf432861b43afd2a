export { type ChildProcess, inProcess, inProcessWith, type Outcome } from './process.ts'
export { temporaryDirectory } from './temporary-directory.ts'
