import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { destination, distanceBetween, earthRadius, normalLongitude } from './sphere.ts'

const london = { latitude: 51.5074, longitude: -0.1278 }

describe('the great-circle distance', () => {
  test.each([
    { from: 'London', to: 'New York', other: { latitude: 40.7128, longitude: -74.006 }, kilometres: 5570 },
    { from: 'London', to: 'Sydney', other: { latitude: -33.8688, longitude: 151.2093 }, kilometres: 16994 },
    { from: 'London', to: 'London', other: london, kilometres: 0 },
  ])('from $from to $to is $kilometres km', ({ other, kilometres }) => {
    expect(Math.round(distanceBetween(london, other))).toBe(kilometres)
  })

  test('from pole to pole is half the circumference', () => {
    const [north, south] = [90, -90].map(latitude => ({ latitude, longitude: 20 }))
    expect(distanceBetween(north!, south!)).toBeCloseTo(Math.PI * earthRadius, 6)
  })
})

test('who goes straight on for some kilometres is that far away', () => {
  const latitude = fc.double({ min: -89, max: 89, noNaN: true })
  const longitude = fc.double({ min: -180, max: 180, noNaN: true })
  const bearing = fc.double({ min: 0, max: 360, noNaN: true })
  const distance = fc.double({ min: 1, max: 19_000, noNaN: true })
  fc.assert(
    fc.property(fc.record({ latitude, longitude }), bearing, distance, (from, bearing, kilometres) => {
      const to = destination(from, bearing, kilometres)
      expect(distanceBetween(from, to)).toBeCloseTo(kilometres, 3)
      expect(Math.abs(to.longitude)).toBeLessThan(180 + 1e-9)
    }),
  )
})

test.each([
  { longitude: 190, normal: -170 },
  { longitude: -190, normal: 170 },
  { longitude: 20, normal: 20 },
  { longitude: 180, normal: -180 },
  { longitude: 725, normal: 5 },
])('the longitude $longitude is $normal', ({ longitude, normal }) => {
  expect(normalLongitude(longitude)).toBe(normal)
})
