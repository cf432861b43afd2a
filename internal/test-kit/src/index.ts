export { type ChildProcess, inProcess, inProcessWith, type Outcome } from './process.ts'
export { type Inspection, inspectDirectories, temporaryDirectory } from './temporary-directory.ts'
