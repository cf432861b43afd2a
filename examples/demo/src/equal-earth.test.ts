import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mapHeight, parallelAt, project } from './equal-earth.ts'

test('a place that is projected and looked up again is the same', () => {
  const latitude = fc.double({ min: -89.9, max: 89.9, noNaN: true })
  const longitude = fc.double({ min: -179.9, max: 179.9, noNaN: true })
  fc.assert(
    fc.property(fc.record({ latitude, longitude }), place => {
      const { x, y } = project(place)
      const parallel = parallelAt(y)
      expect(parallel.latitude).toBeCloseTo(place.latitude, 6)
      const off = Math.abs((parallel.longitudeAt(x) ?? Number.NaN) - place.longitude)
      expect(Math.min(off, 360 - off)).toBeLessThan(1e-6)
    }),
  )
})

test.each([
  { name: 'the middle', place: { latitude: 0, longitude: 160 }, x: 0.5, y: mapHeight / 2 },
  { name: 'the western end', place: { latitude: 0, longitude: -20 }, x: 0, y: mapHeight / 2 },
  { name: 'the north pole', place: { latitude: 90, longitude: 160 }, x: 0.5, y: 0 },
  { name: 'the south pole', place: { latitude: -90, longitude: 160 }, x: 0.5, y: mapHeight },
])('$name lies where it should', ({ place, x, y }) => {
  expect(project(place).x).toBeCloseTo(x, 9)
  expect(project(place).y).toBeCloseTo(y, 9)
})

test('the corners are not on the map', () => {
  expect(parallelAt(0.01).longitudeAt(0.01)).toBeUndefined()
})
