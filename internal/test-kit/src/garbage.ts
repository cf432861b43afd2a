import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Collects at once what nothing refers to any more; `undefined` where a program cannot ask for that, as in Bun. */
export const collectGarbage = runInNewContext('globalThis.gc') as (() => void) | undefined
