import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ShoreTree } from './shore-tree.ts'
import { kilometresOf, toVector } from './sphere.ts'

const degrees = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const place = fc.record({ latitude: degrees(-90, 90), longitude: degrees(-170, 170) })
// Short pieces, as in a coastline.
const outline = fc
  .tuple(place, fc.array(fc.tuple(degrees(-0.1, 0.1), degrees(-0.1, 0.1)), { minLength: 1, maxLength: 60 }))
  .map(([{ latitude, longitude }, moves]) => {
    let [x, y] = [longitude, Math.min(Math.max(latitude, -80), 80)]
    const corners = [x, y]
    for (const [east, north] of moves) {
      x += east
      y += north
      corners.push(x, y)
    }
    return Float64Array.from(corners)
  })

test('no corner of any outline is nearer than what is found, and some piece is that near', () => {
  fc.assert(
    fc.property(fc.array(outline, { minLength: 1, maxLength: 12 }), place, (outlines, from) => {
      const tree = new ShoreTree(outlines)
      const point = toVector(from)
      tree.nearest(...point)
      const found = kilometresOf(tree.squaredChord)
      const corner = Math.min(...outlines.flatMap(outline => cornerDistances(outline, point)))
      expect(found).toBeLessThanOrEqual(corner + 1e-6)
      // A piece is at most 0.15 degrees long, so that one of its ends is within half of that of any of its points.
      expect(found).toBeGreaterThan(corner - 9)
    }),
  )
})

test('a guess changes nothing', () => {
  fc.assert(
    fc.property(
      fc.array(outline, { minLength: 1, maxLength: 12 }),
      place,
      fc.nat(),
      (outlines, from, any) => {
        const tree = new ShoreTree(outlines)
        tree.nearest(...toVector(from))
        const alone = tree.squaredChord
        const pieces = outlines.reduce((count, outline) => count + outline.length / 2 - 1, 0)
        tree.nearest(...toVector(from), any % pieces)
        expect(tree.squaredChord).toBeCloseTo(alone, 12)
      },
    ),
  )
})

test('the middle of a piece counts, not only its ends', () => {
  const tree = new ShoreTree([Float64Array.from([0, 0, 0.4, 0])])
  tree.nearest(...toVector({ latitude: 1, longitude: 0.2 }))
  expect(kilometresOf(tree.squaredChord)).toBeCloseTo(111.195, 2)
})

test('the edge of a flat map is no shore', () => {
  const tree = new ShoreTree([Float64Array.from([180, -10, 180, 10, 170, 0])])
  tree.nearest(...toVector({ latitude: 0, longitude: -179.9 }))
  expect(kilometresOf(tree.squaredChord)).toBeGreaterThan(700)
})

function cornerDistances(outline: Float64Array, [x, y, z]: readonly [number, number, number]): number[] {
  return Array.from({ length: outline.length / 2 }, (_, i) => {
    const corner = toVector({ longitude: outline[2 * i]!, latitude: outline[2 * i + 1]! })
    return kilometresOf((x - corner[0]) ** 2 + (y - corner[1]) ** 2 + (z - corner[2]) ** 2)
  })
}
