import { beforeEach } from 'vitest'

beforeEach(({ skip }) => skip('no browser on this machine'))
