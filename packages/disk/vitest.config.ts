import { suite } from '../../vitest.shared.ts'

export default suite({ setupFiles: ['test/every-directory.ts'] })
