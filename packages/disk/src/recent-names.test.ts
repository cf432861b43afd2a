import { expect, test } from 'vitest'
import { RecentNames } from './recent-names.ts'

test('a name is known by the place of its record, until another takes its slot', () => {
  const names = new RecentNames()
  names.add(7, 100, 'a')
  expect([names.at(7, 100), names.at(7, 200), names.at(8, 100)]).toEqual(['a', undefined, undefined])
  names.add(7, 200, 'b')
  expect([names.at(7, 100), names.at(7, 200)]).toEqual([undefined, 'b'])
})

test('a long name is not kept, nor the one in whose place it comes', () => {
  const names = new RecentNames()
  names.add(7, 100, 'a')
  names.add(7, 200, 'x'.repeat(1000))
  expect([names.at(7, 100), names.at(7, 200)]).toEqual([undefined, undefined])
})
