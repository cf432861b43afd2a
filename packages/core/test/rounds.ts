import { environmentVariable } from '../src/platform.ts'

/** Whether tests are meant to last (`npm run torture`), and try more than in every run. */
export const isLong: boolean = environmentVariable('STAGCACHE_TORTURE') !== undefined
