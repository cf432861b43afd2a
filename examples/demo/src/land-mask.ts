import { eachShore, type Outline } from './coastline.ts'
import type { WorldGrid } from './world-grid.ts'

/**
 * For every pixel of the map, 1 where its middle is on land. Going south along a meridian from the north pole, which is
 * at sea, every shore that is crossed leads from sea to land or back.
 */
export function landMask(outlines: readonly Outline[], grid: WorldGrid): Uint8Array {
  const crossings = crossingsByColumn(outlines, grid)
  const mask = new Uint8Array(grid.width * grid.height)
  for (let column = 0; column < grid.width; column++) {
    const latitudes = crossings[column]!.sort((a, b) => b - a)
    let crossed = 0
    for (let row = 0; row < grid.height; row++) {
      const latitude = grid.latitude(row)
      while (crossed < latitudes.length && latitudes[crossed]! > latitude) crossed++
      mask[row * grid.width + column] = crossed % 2
    }
  }
  return mask
}

function crossingsByColumn(outlines: readonly Outline[], grid: WorldGrid): number[][] {
  const crossings = Array.from({ length: grid.width }, (): number[] => [])
  eachShore(outlines, (longitude, latitude, toLongitude, toLatitude) => {
    // The short way round: some outlines cross the meridian of 180°.
    let east = toLongitude - longitude
    if (east > 180) east -= 360
    else if (east < -180) east += 360
    const [west, width] = east > 0 ? [longitude, east] : [longitude + east, -east]
    const first = Math.ceil((west + 180) / grid.step - 0.5)
    const end = Math.ceil((west + width + 180) / grid.step - 0.5)
    for (let column = first; column < end; column++) {
      const share = (grid.longitude(column) - longitude) / east
      const wrapped = (column + grid.width) % grid.width
      crossings[wrapped]!.push(latitude + share * (toLatitude - latitude))
    }
  })
  return crossings
}
