import { readFile } from 'node:fs/promises'

/** The outline of one land mass: longitude and latitude of each corner in turn, in degrees; the last is the first. */
export type Outline = Float64Array

/** Coordinates between 0 and some 100 000, each arc beginning with a point and going on with differences. */
interface Topology {
  readonly transform: { readonly scale: Corner; readonly translate: Corner }
  readonly arcs: readonly (readonly Corner[])[]
  readonly objects: {
    readonly land: { readonly geometries: readonly { readonly arcs: readonly (readonly number[][])[] }[] }
  }
}
type Corner = readonly [x: number, y: number]

/**
 * The outlines of all land in a `land-*.json` of the package world-atlas (TopoJSON made from Natural Earth). Only outer
 * outlines: the shores of the Caspian Sea are not the sea's.
 */
export async function readCoastline(path: string): Promise<Outline[]> {
  const topology = JSON.parse(await readFile(path, 'utf8')) as Topology
  const arcs = topology.arcs.map(arc => toDegrees(arc, topology.transform))
  const polygons = topology.objects.land.geometries.flatMap(geometry => geometry.arcs)
  return polygons.map(([outer]) => stitch(outer ?? [], arcs))
}

function toDegrees(arc: readonly Corner[], { scale, translate }: Topology['transform']): Corner[] {
  let [x, y] = [0, 0]
  return arc.map(([right, up]) => {
    x += right
    y += up
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]]
  })
}

// An arc that is run through backwards is named by the complement of its number; neighbours share a corner.
function stitch(indices: readonly number[], arcs: readonly Corner[][]): Outline {
  const corners: Corner[] = []
  for (const index of indices) {
    const arc = index < 0 ? arcs[~index]!.toReversed() : arcs[index]!
    corners.push(...(corners.length > 0 ? arc.slice(1) : arc))
  }
  return Float64Array.from(corners.flat())
}

/** Calls `visit` with the two ends of every piece of shore. */
export function eachShore(
  outlines: readonly Outline[],
  visit: (longitude: number, latitude: number, toLongitude: number, toLatitude: number) => void,
): void {
  for (const outline of outlines) {
    for (let i = 2; i < outline.length; i += 2) {
      visit(outline[i - 2]!, outline[i - 1]!, outline[i]!, outline[i + 1]!)
    }
  }
}
