import { expect, test } from 'vitest'
import { faultOf, itemOf } from './common-entries.ts'

const entry = { owner: 2, index: 7 }
const value = itemOf(entry, 5)

test.each([
  { what: 'the revision that is known', answer: value, fault: undefined },
  { what: 'a newer one', answer: itemOf(entry, 6), fault: undefined },
  { what: 'an older one', answer: itemOf(entry, 4), fault: './process-2/7 was revision 4 after 5' },
  { what: 'nothing', answer: undefined, fault: './process-2/7 was absent' },
  {
    what: 'another entry',
    answer: itemOf({ owner: 3, index: 7 }, 5),
    fault: './process-2/7 was something else',
  },
  {
    what: 'one half of each of two revisions',
    answer: { ...value, name: itemOf(entry, 6).name },
    fault: './process-2/7 was something else',
  },
  { what: 'a part of it', answer: { id: value.id }, fault: './process-2/7 was something else' },
])('$what: $fault', ({ answer, fault }) => {
  expect(faultOf(answer, entry, 5)).toBe(fault)
})
