import type { Stretch } from './stretch.ts'

/*
 * Reads what message-writer.ts writes, where the table of its bytes is. Anything else is an error. What is read beyond the
 * end is noticed when everything has been read, for then that is not where the message ends.
 */

// Names of properties occur again and again: for one that is known, no text is made. A name becomes known, in the place of
// another one perhaps, when its hash is met for the second time, so that those that occur only once cost nothing.
const knownKeys: string[] = new Array(1024).fill('')
const hashes = new Int32Array(knownKeys.length)
const longestKnownKey = 31

// Lists of units to make short texts of, one for each length, since making a list takes as long as filling it.
const unitLists = Array.from({ length: 16 }, (_, length): number[] => new Array(length).fill(0))

const nothing: Stretch = { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)), start: 0, end: 0 }

/** Reads messages, one at a time. */
export class MessageReader {
  #bytes: Buffer = nothing.bytes
  #view: DataView = nothing.view
  #at = 0
  #end = 0

  /** The value of a message. What it answers keeps nothing of the bytes, which may be used again. */
  read(message: Stretch): unknown {
    this.#use(message)
    try {
      const value = this.#value()
      if (this.#at === this.#end) return value
      throw new Error('a message of another length')
    } finally {
      this.#use(nothing)
    }
  }

  #use({ bytes, view, start, end }: Stretch): void {
    this.#bytes = bytes
    this.#view = view
    this.#at = start
    this.#end = end
  }

  #value(): unknown {
    const type = this.#bytes[this.#at++] as number
    if (type < 0x80) return type
    if (type >= 0xe0) return type - 0x100
    if (type >= 0xa0 && type < 0xc0) return this.#text(type - 0xa0)
    if (type === 0xcb) return this.#skip(8, this.#view.getFloat64(this.#at))
    if (type >= 0x90 && type < 0xa0) return this.#array(type - 0x90)
    return this.#typed(type)
  }

  #typed(type: number): unknown {
    switch (type) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
        return this.#binary(this.#skip(1, this.#view.getUint8(this.#at)))
      case 0xc5:
        return this.#binary(this.#skip(2, this.#view.getUint16(this.#at)))
      case 0xc6:
        return this.#binary(this.#skip(4, this.#view.getUint32(this.#at)))
      case 0xcc:
        return this.#skip(1, this.#view.getUint8(this.#at))
      case 0xcd:
        return this.#skip(2, this.#view.getUint16(this.#at))
      case 0xce:
        return this.#skip(4, this.#view.getUint32(this.#at))
      case 0xd0:
        return this.#skip(1, this.#view.getInt8(this.#at))
      case 0xd1:
        return this.#skip(2, this.#view.getInt16(this.#at))
      case 0xd2:
        return this.#skip(4, this.#view.getInt32(this.#at))
      case 0xd3:
        return this.#skip(8, this.#view.getBigInt64(this.#at))
      case 0xd4:
        return this.#undefined()
      case 0xd9:
        return this.#text(this.#skip(1, this.#view.getUint8(this.#at)))
      case 0xda:
        return this.#text(this.#skip(2, this.#view.getUint16(this.#at)))
      case 0xdb:
        return this.#text(this.#skip(4, this.#view.getUint32(this.#at)))
      case 0xdc:
        return this.#array(this.#skip(2, this.#view.getUint16(this.#at)))
      case 0xdd:
        return this.#array(this.#skip(4, this.#view.getUint32(this.#at)))
      case 0xde:
        return this.#map(this.#skip(2, this.#view.getUint16(this.#at)))
      default:
        throw new Error(`a message with the unknown type ${type}`)
    }
  }

  #skip<T>(length: number, value: T): T {
    this.#at += length
    return value
  }

  #undefined(): undefined {
    if (this.#view.getUint16(this.#at) !== 0) throw new Error('a message with an unknown extension')
    this.#at += 2
  }

  #array(length: number): unknown[] {
    this.#demand(length)
    const array = new Array(length)
    for (let index = 0; index < length; index++) array[index] = this.#value()
    return array
  }

  #map(size: number): object {
    const object: Record<string, unknown> = {}
    for (let index = 0; index < size; index++) {
      const key = this.#key()
      object[key] = this.#value()
    }
    return object
  }

  #key(): string {
    const bytes = this.#bytes
    const start = this.#at + 1
    const length = (bytes[this.#at] as number) - 0xa0
    if (!(length > 0 && length <= longestKnownKey)) return this.#newKey()
    const hash = hashOf(bytes, start, length)
    const place = hash & (knownKeys.length - 1)
    if (hashes[place] !== hash) {
      hashes[place] = hash
      return this.#newKey()
    }
    const known = knownKeys[place] as string
    if (!isAt(known, bytes, start, length)) return this.#rememberKey(place)
    this.#at = start + length
    return known
  }

  #rememberKey(place: number): string {
    const key = this.#newKey()
    knownKeys[place] = key
    return key
  }

  #newKey(): string {
    const key = this.#value()
    if (typeof key === 'string' && key !== '__proto__') return key
    throw new Error('a message with a property that cannot be one')
  }

  #text(length: number): string {
    this.#demand(length)
    const start = this.#at
    this.#at = start + length
    return (length < unitLists.length && this.#shortText(start, length)) || this.#utf8(start, length)
  }

  // Faster than calling a native function, for texts of some letters; undefined where they are not ASCII.
  #shortText(start: number, length: number): string | undefined {
    const bytes = this.#bytes
    const units = unitLists[length] as number[]
    for (let index = 0; index < length; index++) {
      const unit = bytes[start + index] as number
      if (unit >= 0x80) return undefined
      units[index] = unit
    }
    return String.fromCharCode.apply(String, units)
  }

  #utf8(start: number, length: number): string {
    return this.#bytes.toString('utf8', start, start + length)
  }

  #binary(length: number): Uint8Array {
    this.#demand(length)
    const start = this.#at
    this.#at = start + length
    return new Uint8Array(this.#bytes.subarray(start, start + length))
  }

  // An element has at least one byte, so that no more memory is taken than there are bytes, whatever somebody has written.
  #demand(length: number): void {
    if (length > this.#end - this.#at) throw new Error('a message that ends early')
  }
}

function hashOf(bytes: Buffer, start: number, length: number): number {
  let hash = length
  for (let index = start; index < start + length; index++)
    hash = (Math.imul(hash, 31) + (bytes[index] as number)) | 0
  return hash
}

function isAt(known: string, bytes: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false
  for (let index = 0; index < length; index++) {
    if (known.charCodeAt(index) !== bytes[start + index]) return false
  }
  return true
}
