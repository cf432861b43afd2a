import { isInherited, isPlainText, reservedName } from './property-names.ts'

const mostKinds = 16
const fewestRepeated = 16
const mostProperties = 64

// What is known of names is remembered from so many objects on, which most values do not have, and of so many names.
const fewestObjects = 8
const mostRemembered = 500

const noShapes: Shape[] = []

/** The names of the first properties of an object, in their order. */
export class Shape {
  /** The last of them. */
  readonly name: string
  hash: number
  properties: number
  readonly isRemembered: boolean
  /** Remembered ones with one more. */
  longer: Shape[] = noShapes

  constructor(name: string, hash: number, properties: number, isRemembered: boolean) {
    this.name = name
    this.hash = hash
    this.properties = properties
    this.isRemembered = isRemembered
  }
}

/**
 * Tells whether the objects of a value are mostly like others, as the rows of a table are: with the same property names in
 * the same order. An estimate, by hashes of the names, which sees no more than some kinds of objects at a time.
 */
export class Shapes {
  readonly #kinds = new Int32Array(mostKinds)
  #next = 0
  #objects = 0
  #repeated = 0
  #isRefused = false
  #none = noneRemembered()
  #remembered = 0

  /** The shape of another object, so far without properties. */
  begin(): Shape {
    return this.#objects < fewestObjects ? new Shape('', 1, 0, false) : this.#none
  }

  /** The shape with one more property; `undefined` if no map can have one of that name. */
  withName(shape: Shape, name: string): Shape | undefined {
    const { longer } = shape
    for (let index = 0; index < longer.length; index++) {
      const found = longer[index] as Shape
      if (found.name === name) return found
    }
    return isInherited(name) || !isPlainText(name) ? undefined : this.#learn(shape, name)
  }

  #learn(shape: Shape, name: string): Shape {
    if (name === reservedName) this.#isRefused = true
    const hash = hashOfNames(shape.hash, name)
    if (shape.isRemembered) return this.#lengthen(shape, name, hash)
    shape.hash = hash
    shape.properties++
    return shape
  }

  #lengthen(shape: Shape, name: string, hash: number): Shape {
    const isWorthIt = this.#remembered < mostRemembered && shape.longer.length < mostKinds
    const longer = new Shape(name, hash, shape.properties + 1, isWorthIt)
    if (!isWorthIt) return longer
    this.#remembered++
    if (shape.longer.length > 0) shape.longer.push(longer)
    else shape.longer = [longer]
    return longer
  }

  /** Takes note of an object of this shape. */
  add({ hash, properties }: Shape): void {
    this.#objects++
    if (properties > mostProperties) this.#isRefused = true
    if (this.#isKnown(hash)) {
      this.#repeated++
    } else {
      this.#kinds[this.#next] = hash
      this.#next = (this.#next + 1) % mostKinds
    }
  }

  #isKnown(hash: number): boolean {
    for (let kind = 0; kind < mostKinds; kind++) if (this.#kinds[kind] === hash) return true
    return false
  }

  get areRepeated(): boolean {
    return !this.#isRefused && this.#repeated >= fewestRepeated && this.#repeated >= 0.8 * this.#objects
  }

  clear(): void {
    this.#isRefused = false
    if (this.#remembered > 0) this.#forget()
    if (this.#objects === 0) return
    for (let kind = 0; kind < mostKinds; kind++) this.#kinds[kind] = 0
    this.#next = 0
    this.#objects = 0
    this.#repeated = 0
  }

  #forget(): void {
    this.#none = noneRemembered()
    this.#remembered = 0
  }
}

function noneRemembered(): Shape {
  return new Shape('', 1, 0, true)
}

/** The hash of property names of which all but the last have the hash `before`; at first 1. */
function hashOfNames(before: number, name: string): number {
  const { length } = name
  const letters =
    name.charCodeAt(0) ^ (name.charCodeAt(length >> 1) << 8) ^ (name.charCodeAt(length - 1) << 16)
  return (Math.imul(before, 31) + (length ^ letters)) | 0
}
