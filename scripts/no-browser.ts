import { beforeEach } from 'vitest'

beforeEach(({ skip, task }) => {
  Object.assign(task.meta, { skipped: 'no browser on this machine' })
  skip('no browser on this machine')
})
