import { isPlainText } from './tree.ts'

/*
 * The part of MessagePack that is written. Numbers are big-endian; of several forms, the shortest that holds the number.
 *
 *   00 to 7f, e0 to ff           integer 0 to 127, -32 to -1
 *   cc, cd, ce                   integer in 1, 2, 4 bytes
 *   d0, d1, d2                   negative integer in 1, 2, 4 bytes
 *   cb                           any other number, float64
 *   d3                           bigint in 8 bytes
 *   c0, c2, c3, d4 00 00         null, false, true, undefined
 *   a0 to bf, d9, da, db         text of up to 31 bytes, its length in 1, 2, 4 bytes; UTF-8
 *   c4, c5, c6                   binary, its length in 1, 2, 4 bytes
 *   90 to 9f, dc, dd             array of up to 15 elements, their number in 2, 4 bytes
 *   de                           map, its size in 2 bytes
 */

const slabBytes = 128 << 10

// A message that begins with less room than this would often have to move to another slab.
const comfortableBytes = 2 << 10

// Below this, a loop here is faster than the call of a native function.
const shortText = 64

// Above this, a text is measured first, instead of making room for the longest that it could become.
const longText = 64 << 10

/** Thrown when a message becomes longer than its writer allows. */
export class MessageOverflow extends Error {}

/**
 * Writes one message after the other into memory that is never used again, so that what `end` answers stays as it is. The
 * checks that a writer needs in order to bring back what it was given are left to the caller; texts are checked here, since
 * they are looked through anyway.
 */
export class MessageWriter {
  readonly #mostBytes: number
  #bytes: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(this.#bytes.buffer)
  #start = 0
  #at = 0

  /** @param mostBytes - How long a message may become. */
  constructor(mostBytes: number = 2 ** 32 - 1) {
    this.#mostBytes = mostBytes
  }

  /** Begins a message behind so many bytes for its head. */
  begin(headBytes: number): void {
    this.#start = this.#at
    if (this.#at + headBytes + comfortableBytes > this.#bytes.length) this.#grow(headBytes)
    this.#at += headBytes
  }

  /** The head, to be filled in, and the message behind it. */
  end(): Buffer {
    const message = this.#bytes.subarray(this.#start, this.#at)
    this.#keepSlab()
    return message
  }

  /** Forgets what was written since `begin`. */
  drop(): void {
    this.#at = this.#start
    this.#keepSlab()
  }

  /** The place of the next byte in what `end` will answer. */
  get length(): number {
    return this.#at - this.#start
  }

  null(): void {
    this.#byte(0xc0)
  }

  undefined(): void {
    this.#room(3)
    this.#bytes[this.#at++] = 0xd4
    this.#bytes[this.#at++] = 0
    this.#bytes[this.#at++] = 0
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2)
  }

  /** Any number, but -0 becomes 0. */
  number(value: number): void {
    this.#room(9)
    const bytes = this.#bytes
    const at = this.#at
    if (value >>> 0 === value) {
      if (value < 0x80) {
        bytes[at] = value
        this.#at = at + 1
      } else if (value < 0x100) {
        bytes[at] = 0xcc
        bytes[at + 1] = value
        this.#at = at + 2
      } else if (value < 0x10000) {
        bytes[at] = 0xcd
        bytes[at + 1] = value >> 8
        bytes[at + 2] = value
        this.#at = at + 3
      } else {
        bytes[at] = 0xce
        this.#view.setUint32(at + 1, value)
        this.#at = at + 5
      }
    } else if (value >> 0 === value) {
      this.#negative(value)
    } else {
      bytes[at] = 0xcb
      this.#view.setFloat64(at + 1, value)
      this.#at = at + 9
    }
  }

  bigint(value: bigint): void {
    this.#room(9)
    this.#bytes[this.#at] = 0xd3
    this.#view.setBigInt64(this.#at + 1, value)
    this.#at += 9
  }

  /** Answers false, and has written nothing that counts, where a text would not come back equal: see `isPlainText`. */
  text(text: string): boolean {
    const { length } = text
    if (length >= shortText) return this.#nativeText(text)
    this.#room(length + 2)
    const bytes = this.#bytes
    let at = this.#at
    if (length >= 32) bytes[at++] = 0xd9
    bytes[at++] = length < 32 ? 0xa0 | length : length
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index)
      if (unit >= 0x80) return this.#nativeText(text)
      bytes[at++] = unit
    }
    this.#at = at
    return true
  }

  binary(binary: Uint8Array): void {
    const { length } = binary
    this.#room(length + 5)
    this.#lengthHead(length, 0xc4)
    this.#bytes.set(binary, this.#at)
    this.#at += length
  }

  /** The head of an array; its elements follow. */
  array(length: number): void {
    this.#room(5)
    if (length < 16) this.#bytes[this.#at++] = 0x90 | length
    else this.#wideHead(length, 0xdc)
  }

  /** The head of a map whose size is said by `endMap`; its names and values follow in turn. Answers its place. */
  beginMap(): number {
    this.#room(3)
    const place = this.length
    this.#bytes[this.#at] = 0xde
    this.#at += 3
    return place
  }

  endMap(place: number, size: number): void {
    const at = this.#start + place
    this.#bytes[at + 1] = size >> 8
    this.#bytes[at + 2] = size
  }

  #byte(byte: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = byte
  }

  #negative(value: number): void {
    const at = this.#at
    if (value >= -0x20) {
      this.#bytes[at] = value
      this.#at = at + 1
    } else if (value >= -0x80) {
      this.#bytes[at] = 0xd0
      this.#bytes[at + 1] = value
      this.#at = at + 2
    } else if (value >= -0x8000) {
      this.#bytes[at] = 0xd1
      this.#view.setInt16(at + 1, value)
      this.#at = at + 3
    } else {
      this.#bytes[at] = 0xd2
      this.#view.setInt32(at + 1, value)
      this.#at = at + 5
    }
  }

  // Written behind the head that it needs if it is ASCII, and moved if it needs a longer one.
  #nativeText(text: string): boolean {
    if (!isPlainText(text)) return false
    const isLong = text.length > longText
    const least = isLong ? Buffer.byteLength(text) : text.length
    this.#room((isLong ? least : 3 * least) + 5)
    const start = this.#at + textHeadBytes(least)
    const length = this.#bytes.write(text, start)
    const rightStart = this.#at + textHeadBytes(length)
    if (start !== rightStart) this.#bytes.copyWithin(rightStart, start, start + length)
    this.#textHead(length)
    this.#at += length
    return true
  }

  #textHead(length: number): void {
    if (length < 32) this.#bytes[this.#at++] = 0xa0 | length
    else this.#lengthHead(length, 0xd9)
  }

  #lengthHead(length: number, type: number): void {
    if (length < 0x100) {
      this.#bytes[this.#at++] = type
      this.#bytes[this.#at++] = length
    } else {
      this.#wideHead(length, type + 1)
    }
  }

  #wideHead(length: number, type: number): void {
    if (length < 0x10000) {
      this.#bytes[this.#at++] = type
      this.#view.setUint16(this.#at, length)
      this.#at += 2
    } else {
      this.#bytes[this.#at++] = type + 1
      this.#view.setUint32(this.#at, length)
      this.#at += 4
    }
  }

  #room(length: number): void {
    if (this.#at + length > this.#bytes.length) this.#grow(length)
  }

  // To another slab, or to twice the memory.
  #grow(length: number): void {
    const written = this.length
    const needed = written + length
    if (needed > this.#mostBytes) throw new MessageOverflow()
    const bytes = Buffer.allocUnsafeSlow(Math.min(Math.max(slabBytes, 2 * needed), this.#mostBytes))
    this.#bytes.copy(bytes, 0, this.#start, this.#at)
    this.#use(bytes, written)
  }

  // What is large is not to be kept alive by a small message behind it.
  #keepSlab(): void {
    if (this.#bytes.length > slabBytes) this.#use(Buffer.alloc(0), 0)
  }

  #use(bytes: Buffer, written: number): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
    this.#start = 0
    this.#at = written
  }
}

function textHeadBytes(length: number): number {
  if (length < 32) return 1
  if (length < 0x100) return 2
  return length < 0x10000 ? 3 : 5
}
