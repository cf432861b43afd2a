import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eachRound, whenOver } from './round.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const closed: string[] = []

test('what a round has opened is closed when it is over, the last first', async () => {
  const folders: string[] = []
  const round = eachRound(async (name: string) => {
    folders.push(temporaryDirectory())
    whenOver(() => closed.push(`${name} 1`))
    whenOver(async () => closed.push(`${name} 2`))
    expect(folders.map(existsSync)).toEqual([...folders.slice(1).map(() => false), true])
  })
  await round('a')
  await round('b')
  expect(closed).toEqual(['a 2', 'a 1', 'b 2', 'b 1'])
  expect(folders.map(existsSync)).toEqual([false, false])
})

test('also where it has failed, and with its error', async () => {
  closed.length = 0
  const round = eachRound(() => {
    whenOver(() => closed.push('it'))
    throw new Error('no')
  })
  await expect(round()).rejects.toThrow('no')
  expect(closed).toEqual(['it'])
  closed.length = 0
  whenOver(() => closed.push('the test'))
})

test('outside of rounds, it is closed with the test', () => {
  expect(closed).toEqual(['the test'])
})
