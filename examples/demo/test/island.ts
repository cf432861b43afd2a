import { writeFileSync } from 'node:fs'
import { destination, type Place } from '../src/sphere.ts'

const perDegree = 10_000

/** Writes the coastline file of a world with round islands, each with a lake in its middle. */
export function writeIslands(path: string, islands: readonly { middle: Place; kilometres: number }[]): void {
  const arcs = islands.flatMap(({ middle, kilometres }) => [
    circle(middle, kilometres),
    circle(middle, kilometres / 4),
  ])
  const land = islands.map((_, i) => [[2 * i], [2 * i + 1]])
  writeFileSync(
    path,
    JSON.stringify({
      transform: { scale: [1 / perDegree, 1 / perDegree], translate: [-180, -90] },
      arcs: arcs.map(differences),
      objects: { land: { geometries: [{ arcs: land }] } },
    }),
  )
}

function circle(middle: Place, kilometres: number): [number, number][] {
  return Array.from({ length: 721 }, (_, i) => {
    const { longitude, latitude } = destination(middle, (i % 720) / 2, kilometres)
    return [Math.round((longitude + 180) * perDegree), Math.round((latitude + 90) * perDegree)]
  })
}

function differences(points: [number, number][]): [number, number][] {
  return points.map(([x, y], i) => [x - (points[i - 1]?.[0] ?? 0), y - (points[i - 1]?.[1] ?? 0)])
}
