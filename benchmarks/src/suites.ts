import { footprint } from './disk/footprint.ts'
import { large } from './disk/large.ts'
import { retention } from './disk/retention/retention.ts'
import { sharing } from './disk/sharing.ts'
import { upkeep } from './disk/upkeep.ts'
import { valueSuites } from './disk/values.ts'
import { eviction } from './memory/eviction/eviction.ts'
import { fingerprints } from './memory/fingerprints.ts'
import { heap } from './memory/heap.ts'
import { hitSuites } from './memory/hits.ts'
import { memoized } from './memory/memoized.ts'
import { ownership } from './memory/ownership.ts'
import type { Suite } from './row.ts'

/** In the order in which they are measured. */
export const suites: readonly Suite[] = [
  ...valueSuites,
  footprint,
  large,
  sharing,
  upkeep,
  retention,
  ...hitSuites,
  memoized,
  fingerprints,
  ownership,
  heap,
  eviction,
]
