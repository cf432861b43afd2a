import { afterEach, describe, expect, test, vi } from 'vitest'
import { Cache } from './cache.ts'
import { Events } from './events.ts'
import { platform } from './platform.ts'

const cleared = { tier: 'memory' } as const

afterEach(() => {
  vi.restoreAllMocks()
})

test('every listener of an event hears it, and no other', () => {
  const events = new Events()
  const heard: string[] = []
  events.on('clear', ({ tier }) => heard.push(`one ${tier}`))
  events.on('clear', ({ tier }) => heard.push(`two ${tier}`))
  events.on('delete', () => heard.push('delete'))
  events.emit('clear', cleared)
  expect(heard).toEqual(['one memory', 'two memory'])
})

test('a listener that stopped hears nothing more', () => {
  const events = new Events()
  const listener = vi.fn()
  const stop = events.on('clear', listener)
  expect(events.heard('clear')).toBe(true)
  stop()
  stop()
  expect(events.heard('clear')).toBe(false)
  events.emit('clear', cleared)
  expect(listener).not.toHaveBeenCalled()
})

test('stopping twice does not stop those who came later', () => {
  const events = new Events()
  const stop = events.on('clear', () => {})
  stop()
  const listener = vi.fn()
  events.on('clear', listener)
  stop()
  events.emit('clear', cleared)
  expect(listener).toHaveBeenCalledTimes(1)
})

test('a function registered twice is called, and stopped, as often', () => {
  const events = new Events()
  const listener = vi.fn()
  const stop = events.on('clear', listener)
  events.on('clear', listener)
  events.emit('clear', cleared)
  stop()
  events.emit('clear', cleared)
  expect(listener).toHaveBeenCalledTimes(3)
})

describe('during an event', () => {
  test('a new listener does not hear it yet', () => {
    const events = new Events()
    const late = vi.fn()
    events.on('clear', () => events.on('clear', late))
    events.emit('clear', cleared)
    expect(late).not.toHaveBeenCalled()
  })

  test('a listener that throws fails neither the others nor the call, but the program', () => {
    const events = new Events()
    const uncaught: (() => void)[] = []
    vi.spyOn(platform, 'queueMicrotask').mockImplementation(task => uncaught.push(task))
    const listener = vi.fn()
    events.on('clear', () => {
      throw new Error('listener')
    })
    events.on('clear', listener)
    events.emit('clear', cleared)
    expect(listener).toHaveBeenCalledTimes(1)
    expect(uncaught).toHaveLength(1)
    expect(uncaught[0]).toThrow('listener')
  })
})

test('an event that there is not, and a listener that is none, are refused', () => {
  const events = new Events()
  expect(() => events.on('Hit' as 'hit', () => {})).toThrow('no event "Hit". There are: hit, miss,')
  expect(() => events.on('hit', undefined as never)).toThrow('The event "hit" got no listener')
  const cache = new Cache()
  expect(() => cache.subscribe('a', 'b' as never)).toThrow('subscribe("a") got no listener')
})
