import { eachShore, type Outline } from './coastline.ts'
import { toVector } from './sphere.ts'

/*
 * A tree of boxes around pieces of shore, in three dimensions, where neither poles nor the meridian of 180° are special.
 *
 * Piece i is the straight line from a to a + d, at offset 6 i of `pieces`; it is at most some kilometres long, so that
 * the sphere's surface lies metres above it. Node n has the children 2 n and 2 n + 1, the root is 1; its box is at offset
 * 6 n of `boxes`. Each child holds half of its parent's pieces, those on one side along the box's longest edge, so that
 * the leaves, all on one level, hold equal shares of `pieces` in turn.
 */

const piecesPerLeaf = 8

/** Finds the piece of shore that is nearest to a point. */
export class ShoreTree {
  /** The square of the straight distance that `nearest` found last. */
  squaredChord = Infinity
  readonly #pieces: Float64Array
  readonly #boxes: Float64Array
  readonly #starts: Uint32Array
  readonly #leaves: number
  readonly #stack = new Int32Array(64)
  readonly #stackDistances = new Float64Array(64)

  constructor(outlines: readonly Outline[]) {
    const pieces = piecesOf(outlines)
    const count = pieces.length / 6
    this.#leaves = 2 ** Math.max(0, Math.ceil(Math.log2(count / piecesPerLeaf)))
    this.#boxes = new Float64Array(12 * this.#leaves)
    this.#starts = new Uint32Array(this.#leaves + 1).fill(count)
    const order = Uint32Array.from({ length: count }, (_, i) => i)
    this.#split(1, pieces, order, 0)
    this.#pieces = Float64Array.from({ length: pieces.length }, (_, i) => {
      return pieces[6 * order[Math.floor(i / 6)]! + (i % 6)]!
    })
  }

  /**
   * The number of the piece of shore nearest to a point of the unit sphere. A `guess`, such as the answer for a point
   * nearby, spares most of the work.
   */
  nearest(x: number, y: number, z: number, guess = 0): number {
    let best = guess
    let bound = this.#toPiece(guess, x, y, z)
    let height = 1
    this.#stack[0] = 1
    this.#stackDistances[0] = 0
    while (height > 0) {
      height--
      if (this.#stackDistances[height]! >= bound) continue
      const node = this.#stack[height]!
      if (node >= this.#leaves) {
        const end = this.#starts[node - this.#leaves + 1]!
        for (let piece = this.#starts[node - this.#leaves]!; piece < end; piece++) {
          const distance = this.#toPiece(piece, x, y, z)
          if (distance < bound) {
            bound = distance
            best = piece
          }
        }
        continue
      }
      const one = this.#toBox(2 * node, x, y, z)
      const other = this.#toBox(2 * node + 1, x, y, z)
      // The nearer one comes last, and is looked at first.
      const nearer = one < other ? 0 : 1
      this.#stack[height] = 2 * node + 1 - nearer
      this.#stackDistances[height++] = Math.max(one, other)
      this.#stack[height] = 2 * node + nearer
      this.#stackDistances[height++] = Math.min(one, other)
    }
    this.squaredChord = bound
    return best
  }

  #split(node: number, pieces: Float64Array, order: Uint32Array, start: number): void {
    this.#surround(node, pieces, order)
    if (node >= this.#leaves) {
      this.#starts[node - this.#leaves] = start
      return
    }
    const axis = this.#longestEdge(node)
    const half = order.length >>> 1
    // Twice the middle of a piece: its beginning and its end together.
    partition(order, half, piece => 2 * pieces[6 * piece + axis]! + pieces[6 * piece + 3 + axis]!)
    this.#split(2 * node, pieces, order.subarray(0, half), start)
    this.#split(2 * node + 1, pieces, order.subarray(half), start + half)
  }

  #surround(node: number, pieces: Float64Array, order: Uint32Array): void {
    const box = this.#boxes
      .subarray(6 * node, 6 * node + 6)
      .fill(Infinity, 0, 3)
      .fill(-Infinity, 3)
    for (const piece of order) {
      for (let axis = 0; axis < 3; axis++) {
        const begin = pieces[6 * piece + axis]!
        const end = begin + pieces[6 * piece + 3 + axis]!
        box[axis] = Math.min(box[axis]!, begin, end)
        box[3 + axis] = Math.max(box[3 + axis]!, begin, end)
      }
    }
  }

  #longestEdge(node: number): number {
    const edges = [0, 1, 2].map(axis => this.#boxes[6 * node + 3 + axis]! - this.#boxes[6 * node + axis]!)
    return edges.indexOf(Math.max(...edges))
  }

  #toPiece(piece: number, x: number, y: number, z: number): number {
    const pieces = this.#pieces
    const i = 6 * piece
    const [dx, dy, dz] = [pieces[i + 3]!, pieces[i + 4]!, pieces[i + 5]!]
    const [px, py, pz] = [x - pieces[i]!, y - pieces[i + 1]!, z - pieces[i + 2]!]
    const length = dx * dx + dy * dy + dz * dz
    const share = length > 0 ? Math.min(Math.max((px * dx + py * dy + pz * dz) / length, 0), 1) : 0
    const [ex, ey, ez] = [px - share * dx, py - share * dy, pz - share * dz]
    return ex * ex + ey * ey + ez * ez
  }

  #toBox(node: number, x: number, y: number, z: number): number {
    const boxes = this.#boxes
    const i = 6 * node
    const ex = Math.max(boxes[i]! - x, 0, x - boxes[i + 3]!)
    const ey = Math.max(boxes[i + 1]! - y, 0, y - boxes[i + 4]!)
    const ez = Math.max(boxes[i + 2]! - z, 0, z - boxes[i + 5]!)
    return ex * ex + ey * ey + ez * ez
  }
}

function piecesOf(outlines: readonly Outline[]): Float64Array {
  const pieces: number[] = []
  eachShore(outlines, (longitude, latitude, toLongitude, toLatitude) => {
    if (isCut(longitude, latitude, toLongitude, toLatitude)) return
    const a = toVector({ latitude, longitude })
    const b = toVector({ latitude: toLatitude, longitude: toLongitude })
    pieces.push(...a, b[0] - a[0], b[1] - a[1], b[2] - a[2])
  })
  return Float64Array.from(pieces)
}

// Quickselect: puts the `count` pieces with the least places first, in no order among them.
function partition(order: Uint32Array, count: number, place: (piece: number) => number): void {
  let [left, right] = [0, order.length - 1]
  while (left < right) {
    const pivot = place(order[(left + right) >>> 1]!)
    let [i, j] = [left, right]
    while (i <= j) {
      while (place(order[i]!) < pivot) i++
      while (place(order[j]!) > pivot) j--
      if (i > j) break
      const swapped = order[i]!
      order[i++] = order[j]!
      order[j--] = swapped
    }
    if (count <= j) right = j
    else if (count >= i) left = i
    else return
  }
}

// Where a flat map ends, outlines run along its edge, and that is not a shore.
function isCut(longitude: number, latitude: number, toLongitude: number, toLatitude: number): boolean {
  return (
    (Math.abs(longitude) === 180 && Math.abs(toLongitude) === 180) || (latitude < -89.9 && toLatitude < -89.9)
  )
}
