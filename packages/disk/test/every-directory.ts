// After every test: the invariants of each directory that it has used, when its stores are closed.
import { inspectDirectories } from '@stagcache/test-kit'
import { beforeEach } from 'vitest'
import { allowNothing, checkDirectoriesIn } from './check-directory.ts'

beforeEach(allowNothing)
inspectDirectories(checkDirectoriesIn)
