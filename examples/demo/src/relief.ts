import type { CoastDistances } from './coast-distances.ts'
import { mapHeight, parallelAt } from './equal-earth.ts'
import { encodePng } from './png.ts'
import { WorldGrid } from './world-grid.ts'

type Colour = readonly [red: number, green: number, blue: number]

// From the coast to the farthest places, in equal steps.
const seaColours: readonly Colour[] = [
  [222, 241, 238],
  [158, 213, 217],
  [86, 167, 190],
  [37, 112, 156],
  [20, 63, 112],
  [9, 26, 61],
]
const landColours: readonly Colour[] = [
  [250, 240, 214],
  [244, 208, 143],
  [230, 158, 79],
  [201, 102, 44],
  [149, 54, 31],
  [88, 22, 30],
]

const shore: Colour = [62, 84, 96]

/** How far from the coast its line reaches, in kilometres to either side. */
const shoreLine = 6

/** The distance in kilometres at which the last colour is reached. */
export const farthestColour = 2750

/** The width in kilometres of one band of colour. */
export const band = 125

/** The colour of a distance to the coast, which is negative on land. */
export function colourOf(kilometres: number): Colour {
  const colours = kilometres < 0 ? landColours : seaColours
  const middleOfBand = (Math.floor(Math.abs(kilometres) / band) + 0.5) * band
  const place = Math.min(middleOfBand / farthestColour, 1) * (colours.length - 1)
  const index = Math.min(Math.floor(place), colours.length - 2)
  const share = place - index
  const [from, to] = [colours[index]!, colours[index + 1]!]
  const mix = (channel: 0 | 1 | 2) => Math.round(from[channel] + share * (to[channel] - from[channel]))
  return [mix(0), mix(1), mix(2)]
}

/** Each pixel is the mean of this many times as many samples in each direction. */
const samples = 2

/** A PNG file of the distances on a map in the Equal Earth projection, transparent around it. */
export function drawRelief(distances: CoastDistances, width: number): Buffer {
  const height = Math.round(width * mapHeight)
  const sums = new Uint16Array(width * height * 4)
  const distanceAt = sampler(distances)
  for (let line = 0; line < height * samples; line++) {
    const parallel = parallelAt((line + 0.5) / (width * samples))
    for (let place = 0; place < width * samples; place++) {
      const longitude = parallel.longitudeAt((place + 0.5) / (width * samples))
      if (longitude === undefined) continue
      const distance = distanceAt(parallel.latitude, longitude)
      const [red, green, blue] = Math.abs(distance) < shoreLine ? shore : colourOf(distance)
      const pixel = 4 * (Math.floor(line / samples) * width + Math.floor(place / samples))
      sums[pixel]! += red
      sums[pixel + 1]! += green
      sums[pixel + 2]! += blue
      sums[pixel + 3]! += 255
    }
  }
  return encodePng(width, height, means(sums))
}

// Where only some samples lie on the map, colours are the mean of those.
function means(sums: Uint16Array): Uint8Array {
  const pixels = new Uint8Array(sums.length)
  for (let i = 0; i < sums.length; i += 4) {
    const count = sums[i + 3]! / 255
    if (count === 0) continue
    for (let channel = 0; channel < 3; channel++) pixels[i + channel] = sums[i + channel]! / count
    pixels[i + 3] = sums[i + 3]! / samples ** 2
  }
  return pixels
}

// Between the middles of four pixels, which makes coasts lines instead of stairs.
function sampler({ kilometres, width }: CoastDistances): (latitude: number, longitude: number) => number {
  const grid = new WorldGrid(width)
  return (latitude, longitude) => {
    const row = Math.min(Math.max((90 - latitude) / grid.step - 0.5, 0), grid.height - 1)
    const column = (longitude + 180) / grid.step - 0.5 + grid.width
    const [top, left] = [Math.min(Math.floor(row), grid.height - 2), Math.floor(column)]
    const [down, right] = [row - top, column - left]
    const at = (y: number, x: number) => kilometres[y * grid.width + (x % grid.width)]!
    const upper = at(top, left) * (1 - right) + at(top, left + 1) * right
    const lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
    return upper * (1 - down) + lower * down
  }
}
