import { setImmediate as nextTurn } from 'node:timers/promises'
import { withContext } from '@stagcache/core'
import { readCoastline } from './coastline.ts'
import { landMask } from './land-mask.ts'
import { ShoreTree } from './shore-tree.ts'
import { earthRadius, kilometresOf, type Place, toVector } from './sphere.ts'
import { WorldGrid } from './world-grid.ts'

/** A place and how far it is from there to the nearest coast. */
export interface Pole extends Place {
  readonly kilometres: number
}

export interface CoastDistances {
  readonly width: number
  /** For each pixel, row by row, the great-circle distance to the nearest coast in kilometres; negative on land. */
  readonly kilometres: Float32Array
  /** The place at sea farthest from any coast. */
  readonly sea: Pole
  /** The place on land farthest from any coast. */
  readonly land: Pole
  readonly computed: { readonly at: Date; readonly process: number }
}

/**
 * The distance to the nearest coast everywhere on Earth.
 *
 * @param path - A `land-*.json` of the package world-atlas.
 * @param width - The width of the map in pixels.
 */
export const measureCoastDistances = withContext(
  async ({ progress, signal }, path: string, width: number): Promise<CoastDistances> => {
    progress(0)
    const grid = new WorldGrid(width)
    const outlines = await readCoastline(path)
    const tree = new ShoreTree(outlines)
    const mask = landMask(outlines, grid)
    const kilometres = new Float32Array(grid.width * grid.height)
    for (let row = 0; row < grid.height; row++) {
      measureRow(row, grid, tree, mask, kilometres)
      progress((row + 1) / grid.height)
      await nextTurn()
      signal.throwIfAborted()
    }
    return {
      width,
      kilometres,
      sea: farthest(grid, tree, kilometres),
      land: farthest(
        grid,
        tree,
        kilometres.map(distance => -distance),
      ),
      computed: { at: new Date(), process: process.pid },
    }
  },
)

function measureRow(
  row: number,
  grid: WorldGrid,
  tree: ShoreTree,
  mask: Uint8Array,
  kilometres: Float32Array,
): void {
  let shore = 0
  for (let column = 0; column < grid.width; column++) {
    const [x, y, z] = toVector({ latitude: grid.latitude(row), longitude: grid.longitude(column) })
    shore = tree.nearest(x, y, z, shore)
    const distance = kilometresOf(tree.squaredChord)
    const pixel = row * grid.width + column
    kilometres[pixel] = mask[pixel] ? -distance : distance
  }
}

interface Cell extends Pole {
  /** Half its width and height in degrees. */
  readonly half: number
}

// Nothing in a cell is farther from a coast than its middle by more than it is from the middle to a corner. Cells that
// might still hold the farthest place are quartered, until what is left of them is a few metres.
function farthest(grid: WorldGrid, tree: ShoreTree, kilometres: Float32Array): Pole {
  let best = 0
  kilometres.forEach((distance, pixel) => {
    if (distance > kilometres[best]!) best = pixel
  })
  const cellOf = (pixel: number): Cell => ({
    latitude: grid.latitude(Math.floor(pixel / grid.width)),
    longitude: grid.longitude(pixel % grid.width),
    kilometres: kilometres[pixel]!,
    half: grid.step / 2,
  })
  let winner = cellOf(best)
  let cells: Cell[] = []
  kilometres.forEach((distance, pixel) => {
    if (distance + radius(grid.step / 2) >= winner.kilometres) cells.push(cellOf(pixel))
  })
  while (cells.length > 0 && radius(cells[0]!.half) > 0.005) {
    cells = cells.flatMap(cell => quarters(cell, tree))
    for (const cell of cells) if (cell.kilometres > winner.kilometres) winner = cell
    cells = cells.filter(cell => cell.kilometres + radius(cell.half) >= winner.kilometres)
  }
  const { latitude, longitude } = winner
  return { latitude, longitude, kilometres: winner.kilometres }
}

function radius(half: number): number {
  return Math.SQRT2 * half * (Math.PI / 180) * earthRadius
}

function quarters({ latitude, longitude, half }: Cell, tree: ShoreTree): Cell[] {
  const quarter = half / 2
  return [-quarter, quarter].flatMap(north =>
    [-quarter, quarter].map(east => {
      const place = { latitude: latitude + north, longitude: longitude + east }
      tree.nearest(...toVector(place))
      return { ...place, kilometres: kilometresOf(tree.squaredChord), half: quarter }
    }),
  )
}
