export { command, type Finished, succeed } from './command.ts'
export { findRuntimes, type Runtime } from './runtimes.ts'
