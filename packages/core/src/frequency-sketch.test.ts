import { expect, test } from 'vitest'
import { FrequencySketch, hashOf } from './frequency-sketch.ts'

test('a name was asked for at least as often as it was counted, up to sixteen times', () => {
  const sketch = new FrequencySketch()
  sketch.grow(1000)
  const hashes = Array.from({ length: 100 }, (_, name) => hashOf(`${name}`, 1))
  for (const [times, hash] of hashes.entries()) {
    for (let time = 0; time < times; time++) sketch.count(hash)
  }
  for (const [times, hash] of hashes.entries()) {
    expect(sketch.frequencyOf(hash)).toBeGreaterThanOrEqual(Math.min(times, 15))
    expect(sketch.frequencyOf(hash)).toBeLessThan(16)
  }
})

test('most names that nobody asked for have none', () => {
  const sketch = new FrequencySketch()
  sketch.grow(1000)
  for (let name = 0; name < 1000; name++) sketch.count(hashOf(`${name}`, 1))
  const others = Array.from({ length: 1000 }, (_, name) => hashOf(`other ${name}`, 1))
  expect(others.filter(hash => sketch.frequencyOf(hash) > 0).length).toBeLessThan(100)
})

test('all is halved after five requests for each entry, and count says so', () => {
  const sketch = new FrequencySketch()
  sketch.grow(2)
  const hash = hashOf('name', 1)
  const halved = Array.from({ length: 10 }, () => sketch.count(hash))
  expect(halved.lastIndexOf(true)).toBe(9)
  expect(halved.indexOf(true)).toBe(9)
  expect(sketch.frequencyOf(hash)).toBe(5)
})

test('what was counted is still known when it has grown', () => {
  const sketch = new FrequencySketch()
  sketch.grow(16)
  const hash = hashOf('name', 1)
  for (let time = 0; time < 7; time++) sketch.count(hash)
  sketch.grow(4000)
  expect(sketch.frequencyOf(hash)).toBe(7)
})

test('the seed decides which names share a hash', () => {
  expect(hashOf('a name', 1)).toBe(hashOf('a name', 1))
  expect(hashOf('a name', 1)).not.toBe(hashOf('a name', 2))
  expect(hashOf('a name', 1)).not.toBe(hashOf('another name', 1))
})
