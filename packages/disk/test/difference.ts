/**
 * Where two values differ, or `undefined` if nothing tells them apart: types, prototypes, properties with their order, what
 * built-in objects hold, and which parts are one and the same object. Views may lie at different places of different
 * buffers, unless several of them share one.
 */
export function difference(left: unknown, right: unknown): string | undefined {
  try {
    new Comparison().compare(left, right, 'value')
    return undefined
  } catch (error) {
    if (error instanceof Difference) return error.path
    throw error
  }
}

class Difference {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }
}

class Comparison {
  readonly #counterparts = new Map<object, object>()
  readonly #taken = new Set<object>()
  readonly #views = new Map<ArrayBufferLike, { left: ArrayBufferView; right: ArrayBufferView }[]>()

  compare(left: unknown, right: unknown, path: string): void {
    if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) {
      return this.#demand(Object.is(left, right), path)
    }
    const counterpart = this.#counterparts.get(left)
    if (counterpart !== undefined) return this.#demand(counterpart === right, `${path} (identity)`)
    this.#demand(!this.#taken.has(right), `${path} (identity)`)
    this.#counterparts.set(left, right)
    this.#taken.add(right)
    this.#demand(Object.getPrototypeOf(left) === Object.getPrototypeOf(right), `${path} (prototype)`)
    if (ArrayBuffer.isView(left)) return this.#view(left, right as ArrayBufferView, path)
    this.#contents(left, right, path)
    this.#properties(left, right, path)
  }

  #contents(left: object, right: object, path: string): void {
    if (left instanceof Date) this.compare(left.getTime(), (right as Date).getTime(), path)
    if (left instanceof RegExp) this.compare(String(left), String(right), path)
    if (left instanceof Map) this.#sequence([...left].flat(1), [...(right as typeof left)].flat(1), path)
    if (left instanceof Set) this.#sequence([...left], [...(right as typeof left)], path)
    if (left instanceof ArrayBuffer) this.#buffers(left, right as ArrayBuffer, path)
    for (const Boxed of [Number, String, Boolean, BigInt]) {
      if (left instanceof Boxed) this.compare(left.valueOf(), (right as typeof left).valueOf(), path)
    }
  }

  #sequence(left: unknown[], right: unknown[], path: string): void {
    this.#demand(left.length === right.length, `${path} (size)`)
    for (let index = 0; index < left.length; index++)
      this.compare(left[index], right[index], `${path}{${index}}`)
  }

  #buffers(left: ArrayBuffer, right: ArrayBuffer, path: string): void {
    const [one, other] = [left, right] as { resizable?: boolean; maxByteLength?: number }[]
    this.#demand(
      one?.resizable === other?.resizable && one?.maxByteLength === other?.maxByteLength,
      `${path} (resizable)`,
    )
    this.#demand(Buffer.from(left).equals(Buffer.from(right)), `${path} (bytes)`)
  }

  #view(left: ArrayBufferView, right: ArrayBufferView, path: string): void {
    const bytes = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength)
    this.#demand(bytes(left).equals(bytes(right)), `${path} (bytes)`)
    if (Buffer.isBuffer(left)) return
    const others = this.#views.get(left.buffer) ?? []
    for (const other of others) {
      this.#demand(other.right.buffer === right.buffer, `${path}.buffer (identity)`)
      this.#demand(
        other.left.byteOffset - left.byteOffset === other.right.byteOffset - right.byteOffset,
        path,
      )
    }
    this.#views.set(left.buffer, [...others, { left, right }])
  }

  // A stack is compared as a value; errors differ in nothing else that is hidden, and was not put there by the engine.
  #properties(left: object, right: object, path: string): void {
    const names = (object: object) =>
      left instanceof Error
        ? Reflect.ownKeys(object)
            .filter(name => isOfValue(object, name))
            .toSorted()
        : Object.keys(object)
    const [expected, found] = [names(left), names(right)]
    this.#demand(
      expected.length === found.length && expected.every((name, index) => name === found[index]),
      `${path} (properties)`,
    )
    for (const name of expected) {
      const [one, other] = [left, right].map(object => Object.getOwnPropertyDescriptor(object, name))
      this.#demand(one?.enumerable === other?.enumerable, `${path}.${String(name)} (enumerable)`)
      this.compare(Reflect.get(left, name), Reflect.get(right, name), `${path}.${String(name)}`)
    }
    if (Array.isArray(left)) this.compare(left.length, (right as unknown[]).length, `${path}.length`)
  }

  #demand(condition: boolean, path: string): void {
    if (!condition) throw new Difference(path)
  }
}

/** Bun notes in hidden properties of an error where it was made, `line` and `sourceURL` among them. */
function isOfValue(error: object, name: string | symbol): boolean {
  const isHidden = Object.getOwnPropertyDescriptor(error, name)?.enumerable === false
  return !(takesNotes && isHidden) || hidden.has(name)
}

const hidden = new Set<string | symbol>(['message', 'stack', 'cause', 'errors', 'name'])
const takesNotes = 'line' in new Error('sample')
