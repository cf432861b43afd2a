// After every test: the invariants of each directory that it has used, when its stores are closed.
import { inspectDirectories } from '@stagcache/test-kit'
import { beforeEach } from 'vitest'

// Not before the test's own file was read, which may put something else in the place of what it needs.
const check = () => import('./check-directory.ts')

beforeEach(async () => (await check()).allowNothing())
inspectDirectories(async folder => (await check()).checkDirectoriesIn(folder))
