import { describe, expect, test } from 'vitest'
import { inProcess, inProcessWith } from './process.ts'

const echo = new URL('./echo.ts', import.meta.url)

describe('a process', () => {
  test('hands back the last line of its output', async () => {
    expect(await inProcess(echo, 'args', 'a b', '"').result()).toEqual({ args: ['a b', '"'], variable: null })
  })

  test('has the given environment', async () => {
    const child = inProcessWith({ env: { TEST_KIT: 'yes' } }, echo, 'args')
    expect(await child.result()).toMatchObject({ variable: 'yes' })
  })

  test('is talked to line by line', async () => {
    const child = inProcess(echo, 'echo')
    expect(await child.line()).toBe(`pid ${child.pid}`)
    child.say('one')
    child.say('two')
    expect([await child.line(), await child.line()]).toEqual(['ONE', 'TWO'])
  })

  test('is told nothing more when it is asked for its result, and ends', async () => {
    const child = inProcess(echo, 'echo')
    child.say('1')
    expect(await child.result()).toBe(1)
  })

  test('that fails rejects with what it wrote', async () => {
    const child = inProcess(echo, 'fail')
    await expect(child.result()).rejects.toThrow('out of luck')
    expect(await child.outcome).toMatchObject({ code: 1, signal: null })
  })

  test('that ends early has no next line', async () => {
    const child = inProcess(echo, 'args')
    await child.line()
    await child.line()
    await expect(child.line()).rejects.toThrow('exited with code 0')
  })

  test('can be killed', async () => {
    const child = inProcess(echo, 'hang')
    await child.line()
    child.kill()
    expect(await child.outcome).toMatchObject({ code: null, signal: 'SIGKILL' })
  })
})

describe('a process that does not end by itself', () => {
  let pid = 0

  test('runs during its test', async () => {
    const child = inProcess(echo, 'hang')
    await child.line()
    pid = child.pid
    if (process.platform !== 'win32') child.kill('SIGSTOP')
    expect(() => process.kill(pid, 0)).not.toThrow()
  })

  test('is gone after it', () => {
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
