import { mergeConfig } from 'vitest/config'
import { suite } from '../../vitest.shared.ts'

export default mergeConfig(suite(), {
  test: { globalSetup: 'src/install.ts', testTimeout: 60_000, hookTimeout: 240_000 },
})
