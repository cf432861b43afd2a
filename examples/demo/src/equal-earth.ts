import { normalLongitude, type Place } from './sphere.ts'

/*
 * The Equal Earth projection (Šavrič, Patterson and Jenny 2018): a map of the world on which areas compare. Here with the
 * Pacific in the middle, and in units in which the map is 1 wide, with 0, 0 in its upper left corner.
 */

const [a1, a2, a3, a4] = [1.340264, -0.081106, 0.000893, 0.003796] as const
const middle = 160
const radian = Math.PI / 180
const slant = Math.sqrt(3) / 2
const halfHeight = northing(Math.asin(slant))
const halfWidth = Math.PI / (slant * stretch(0))

/** The height of the map, whose width is 1. */
export const mapHeight = halfHeight / halfWidth

export interface MapPoint {
  readonly x: number
  readonly y: number
}

export function project({ latitude, longitude }: Place): MapPoint {
  const theta = Math.asin(slant * Math.sin(latitude * radian))
  const east = normalLongitude(longitude - middle) * radian
  const x = (east * Math.cos(theta)) / (slant * stretch(theta))
  return { x: (x / halfWidth + 1) / 2, y: ((1 - northing(theta) / halfHeight) * mapHeight) / 2 }
}

/** The places along a horizontal line of the map: their latitude, and how far the longitude goes per unit of x. */
export function parallelAt(y: number): { latitude: number; longitudeAt(x: number): number | undefined } {
  const theta = thetaOf((1 - (2 * y) / mapHeight) * halfHeight)
  const scale = (slant * stretch(theta)) / (Math.cos(theta) * radian)
  return {
    latitude: Math.asin(Math.min(Math.max(Math.sin(theta) / slant, -1), 1)) / radian,
    longitudeAt(x) {
      const east = (2 * x - 1) * halfWidth * scale
      return Math.abs(east) > 180 ? undefined : normalLongitude(middle + east)
    },
  }
}

function northing(theta: number): number {
  const square = theta * theta
  return theta * (a1 + a2 * square + square ** 3 * (a3 + a4 * square))
}

// The derivative of `northing`.
function stretch(theta: number): number {
  const square = theta * theta
  return a1 + 3 * a2 * square + square ** 3 * (7 * a3 + 9 * a4 * square)
}

// Newton's method, which doubles the number of right digits each time.
function thetaOf(y: number): number {
  let theta = y
  for (let i = 0; i < 8; i++) theta -= (northing(theta) - y) / stretch(theta)
  return theta
}
