import { join } from 'node:path'
import { Cache } from '@stagcache/core'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { writeIslands } from '../test/island.ts'
import { type CoastDistances, measureCoastDistances } from './coast-distances.ts'
import { coastlineFile } from './options.ts'
import { destination, distanceBetween, earthRadius, type Place } from './sphere.ts'
import { WorldGrid } from './world-grid.ts'

const grid = new WorldGrid(360)

describe.each([
  { where: 'on the equator', middle: { latitude: 0.3, longitude: 0.3 } },
  { where: 'across the meridian of 180°', middle: { latitude: 30, longitude: 179 } },
  { where: 'around the south pole', middle: { latitude: -89, longitude: 40 } },
])('in a world with one round island $where', ({ middle }) => {
  const around = 1000
  const opposite = destination(middle, 0, Math.PI * earthRadius)

  test('every distance is that to its shore, negative on the island, its lake included', async () => {
    const { kilometres } = await measure([{ middle, kilometres: around }])
    const errors = kilometres.map(
      (distance, pixel) => distance - (distanceBetween(middle, placeOf(pixel)) - around),
    )
    expect(largest(errors)).toBeLessThan(0.05)
  })

  test('its middle and the place opposite are farthest from it', async () => {
    const { land, sea } = await measure([{ middle, kilometres: around }])
    expect(land.kilometres).toBeCloseTo(around, 1)
    expect(distanceBetween(land, middle)).toBeLessThan(0.1)
    expect(sea.kilometres).toBeCloseTo(Math.PI * earthRadius - around, 1)
    expect(distanceBetween(sea, opposite)).toBeLessThan(0.1)
  })
})

test('between two islands, the nearer shore counts', async () => {
  const islands = [0, 40].map(longitude => ({ middle: { latitude: 0, longitude }, kilometres: 500 }))
  const { kilometres } = await measure(islands)
  const errors = kilometres.map((distance, pixel) => {
    const nearest = Math.min(...islands.map(({ middle }) => distanceBetween(middle, placeOf(pixel))))
    return distance - (nearest - 500)
  })
  expect(largest(errors)).toBeLessThan(0.05)
})

describe('on Earth', () => {
  const earth = measureCoastDistances(context(), coastlineFile('10m'), 120)
  const places = {
    'Point Nemo': { latitude: -48.8767, longitude: -123.3933 },
    'a pole of inaccessibility in Eurasia': { latitude: 45.2833, longitude: 88.1333 },
  }

  test('the place at sea farthest from any coast is Point Nemo', async () => {
    const { sea } = await earth
    expect(distanceBetween(sea, places['Point Nemo'])).toBeLessThan(20)
    expect(Math.abs(sea.kilometres - 2688)).toBeLessThan(25)
  })

  test('the place on land farthest from any coast lies in Dzungaria', async () => {
    const { land } = await earth
    expect(distanceBetween(land, places['a pole of inaccessibility in Eurasia'])).toBeLessThan(100)
    expect(Math.abs(land.kilometres - 2514)).toBeLessThan(50)
  })

  test('they do not depend on the width of the map', async () => {
    const finer = await measureCoastDistances(context(), coastlineFile('10m'), 240)
    expect(distanceBetween(finer.sea, (await earth).sea)).toBeLessThan(0.02)
    expect(distanceBetween(finer.land, (await earth).land)).toBeLessThan(0.02)
  })

  test('29 percent of the surface is land', async () => {
    const { kilometres, width } = await earth
    const world = new WorldGrid(width)
    let [land, all] = [0, 0]
    kilometres.forEach((distance, pixel) => {
      const area = Math.cos((world.latitude(Math.floor(pixel / width)) * Math.PI) / 180)
      all += area
      if (distance < 0) land += area
    })
    expect(land / all).toBeCloseTo(0.292, 2)
  })
})

test('progress goes from 0 to 1', async () => {
  const fractions: number[] = []
  const cache = new Cache()
  cache.events.on('progress', ({ fraction }) => fractions.push(fraction))
  await cache.cache('distances', measureCoastDistances, coastlineFile('110m'), 20)
  expect(fractions).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
})

test('who gives up ends the computation', async () => {
  const giveUp = new AbortController()
  const cache = new Cache()
  const fractions: number[] = []
  cache.events.on('progress', ({ fraction }) => {
    fractions.push(fraction)
    if (fraction >= 0.3) giveUp.abort(new Error('changed my mind'))
  })
  const distances = cache.cache(
    'distances',
    { signal: giveUp.signal },
    measureCoastDistances,
    coastlineFile('110m'),
    20,
  )
  await expect(distances).rejects.toThrow('changed my mind')
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(fractions.at(-1)).toBe(0.3)
})

function measure(islands: readonly { middle: Place; kilometres: number }[]): Promise<CoastDistances> {
  const path = join(temporaryDirectory(), 'islands.json')
  writeIslands(path, islands)
  return measureCoastDistances(context(), path, grid.width)
}

function largest(errors: Float32Array): number {
  return errors.reduce((worst, error) => Math.max(worst, Math.abs(error)), 0)
}

function placeOf(pixel: number): Place {
  return {
    latitude: grid.latitude(Math.floor(pixel / grid.width)),
    longitude: grid.longitude(pixel % grid.width),
  }
}

function context() {
  return { key: './coast-distances', signal: new AbortController().signal, progress: () => {} }
}
