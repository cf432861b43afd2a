import { largeArray } from './disk/large-array.ts'
import { smallValues } from './disk/small-values.ts'
import { hits } from './memory/hits.ts'
import type { Suite } from './row.ts'

export const suites: readonly Suite[] = [smallValues, largeArray, hits]
