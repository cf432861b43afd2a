import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { temporaryDirectory } from '@stagcache/test-kit'
import { expect, test } from 'vitest'
import { Child, messageOf } from './child.ts'

const echo = `
  process.send('ready')
  process.on('message', message => process.send({ message, task: JSON.parse(process.argv[2]) }))
`

test('a program is told its task, and talked to', async () => {
  const child = new Child(program(echo), { count: 3 })
  expect(await child.message()).toBe('ready')
  child.send('go')
  expect(await child.message()).toEqual({ message: 'go', task: { count: 3 } })
  await child.end()
  await expect(child.message()).rejects.toThrow('Its process ended.')
})

test('a program that fails is reported with its error', async () => {
  await expect(messageOf(program('throw new RangeError("too many")'), {})).rejects.toThrow(
    'RangeError: too many',
  )
})

test('a program that goes on for ever is ended after its message', async () => {
  const pid = await messageOf<number>(program('process.send(process.pid); setInterval(() => {}, 1000)'), {})
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

function program(code: string): URL {
  const path = join(temporaryDirectory(), 'program.mjs')
  writeFileSync(path, code)
  return pathToFileURL(path)
}
