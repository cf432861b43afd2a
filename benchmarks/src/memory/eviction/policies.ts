import { Arc } from './policies/arc.ts'
import { Fifo } from './policies/fifo.ts'
import { GreedyDual } from './policies/greedy-dual.ts'
import { Lirs } from './policies/lirs.ts'
import { Lru } from './policies/lru.ts'
import { Opt } from './policies/opt.ts'
import { S3Fifo } from './policies/s3-fifo.ts'
import { Sieve } from './policies/sieve.ts'
import { StagCache } from './policies/stagcache.ts'
import { WTinyLfu } from './policies/w-tiny-lfu.ts'
import type { PolicyOf } from './replay.ts'

/** By the names that they have in tables. */
export const policies = {
  StagCache: (workload, room) => new StagCache(workload, room),
  FIFO: (workload, room) => new Fifo(workload, room),
  LRU: (workload, room) => new Lru(workload, room),
  SIEVE: (workload, room) => new Sieve(workload, room),
  'S3-FIFO': (workload, room) => new S3Fifo(workload, room),
  ARC: (workload, room) => new Arc(workload, room),
  LIRS: (workload, room) => new Lirs(workload, room),
  'W-TinyLFU': (workload, room) => new WTinyLfu(workload, room),
  GreedyDual: (workload, room) => new GreedyDual(workload, room),
  OPT: (workload, room) => new Opt(workload, room),
} as const satisfies Record<string, PolicyOf>
