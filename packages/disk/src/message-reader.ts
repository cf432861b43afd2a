import type { Stretch } from './stretch.ts'

const oneByte = { text: 0xa0, mostText: 0x1f } as const
const firstNegative = 0xe0
const undefinedType = 0

// Texts are cut out of such pieces of the message, since decoding takes much longer than cutting, whatever the length. One that
// is handed out may keep hold of its piece.
const pieceBytes = 512
const longText = 64

const rememberedNames = 1024
// All of them are ASCII.
const names: (string | undefined)[] = new Array(rememberedNames).fill(undefined)

/** The value of a MessagePack message: of what can be written in it, as much as values consist of (FORMAT.md). */
export function readMessage(message: Stretch): unknown {
  return new MessageReader(message).read()
}

/**
 * Reads a message, whoever has written it: at worst it is an error, and takes no more memory than its length allows. A reader
 * of our own, since that of msgpackr takes twice as long for a small value, whose property names it makes anew each time.
 */
class MessageReader {
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #end: number
  #at: number
  // How many more elements of arrays there may be: each takes a byte at least.
  #room: number
  // The last piece of the message that was taken for ASCII, and where it lies.
  #piece = ''
  #pieceStart = 0
  #pieceEnd = 0

  constructor({ bytes, view, start, end }: Stretch) {
    this.#bytes = bytes
    this.#view = view
    this.#at = start
    this.#end = end
    this.#room = end - start
  }

  // What lies behind the end may be read on the way to the error.
  read(): unknown {
    const value = this.#value()
    if (this.#at !== this.#end) throw new Error('a message of another length than its value')
    return value
  }

  #value(): unknown {
    const token = this.#bytes[this.#at++] as number
    if (token < 0x80) return token
    if (token < 0x90) return this.#object(token - 0x80)
    if (token < oneByte.text) return this.#array(token - 0x90)
    if (token < 0xc0) return this.#text(token - oneByte.text)
    if (token >= firstNegative) return token - 0x100
    switch (token) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
        return this.#binary(this.#view.getUint8(this.#pass(1)))
      case 0xc5:
        return this.#binary(this.#view.getUint16(this.#pass(2)))
      case 0xc6:
        return this.#binary(this.#view.getUint32(this.#pass(4)))
      case 0xca:
        return this.#view.getFloat32(this.#pass(4))
      case 0xcb:
        return this.#view.getFloat64(this.#pass(8))
      case 0xcc:
        return this.#view.getUint8(this.#pass(1))
      case 0xcd:
        return this.#view.getUint16(this.#pass(2))
      case 0xce:
        return this.#view.getUint32(this.#pass(4))
      case 0xcf:
        return this.#view.getBigUint64(this.#pass(8))
      case 0xd0:
        return this.#view.getInt8(this.#pass(1))
      case 0xd1:
        return this.#view.getInt16(this.#pass(2))
      case 0xd2:
        return this.#view.getInt32(this.#pass(4))
      case 0xd3:
        return this.#view.getBigInt64(this.#pass(8))
      case 0xd4:
        return this.#extension(this.#view.getUint8(this.#pass(2)))
      case 0xd9:
        return this.#text(this.#view.getUint8(this.#pass(1)))
      case 0xda:
        return this.#text(this.#view.getUint16(this.#pass(2)))
      case 0xdb:
        return this.#text(this.#view.getUint32(this.#pass(4)))
      case 0xdc:
        return this.#array(this.#view.getUint16(this.#pass(2)))
      case 0xdd:
        return this.#array(this.#view.getUint32(this.#pass(4)))
      case 0xde:
        return this.#object(this.#view.getUint16(this.#pass(2)))
      default:
        throw new Error(`a message with the unknown token ${token}`)
    }
  }

  /** Goes on so many bytes, and answers where they begin. */
  #pass(bytes: number): number {
    const at = this.#at
    this.#at = at + bytes
    return at
  }

  #extension(type: number): undefined {
    if (type !== undefinedType) throw new Error(`a message with an extension of the unknown type ${type}`)
  }

  #array(length: number): unknown[] {
    this.#room -= length
    if (this.#room < 0) throw new Error('a message that ends early')
    const array: unknown[] = new Array(length)
    for (let index = 0; index < length; index++) array[index] = this.#value()
    return array
  }

  #object(properties: number): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    for (let left = properties; left > 0; left--) {
      const name = this.#name()
      object[name] = this.#value()
    }
    return object
  }

  // Most names occur over and over, and the same text is set as a property several times faster than an equal one.
  #name(): string {
    const bytes = this.#bytes
    const length = (bytes[this.#at] as number) - oneByte.text
    if (length < 0 || length > oneByte.mostText) return this.#newName()
    const start = this.#at + 1
    const slot = slotOf(bytes, start, length)
    const known = names[slot]
    if (known !== undefined && isAt(known, bytes, start, length)) {
      this.#at = start + length
      return known
    }
    const name = this.#newName()
    if (name.length === length) names[slot] = name
    return name
  }

  #newName(): string {
    const name = this.#value()
    // Setting it would exchange the object's prototype.
    if (typeof name !== 'string' || name === '__proto__')
      throw new Error('a property with an impossible name')
    return name
  }

  #text(length: number): string {
    const start = this.#pass(length)
    const end = start + length
    if (length > longText || !isAscii(this.#bytes, start, end))
      return this.#bytes.toString('utf8', start, end)
    if (end > this.#pieceEnd) this.#nextPiece(start)
    return this.#piece.slice(start - this.#pieceStart, end - this.#pieceStart)
  }

  #nextPiece(start: number): void {
    this.#pieceStart = start
    this.#pieceEnd = Math.min(start + pieceBytes, this.#end)
    this.#piece = this.#bytes.toString('latin1', start, this.#pieceEnd)
  }

  // A copy, since the message's memory may be used again.
  #binary(length: number): Uint8Array {
    const start = this.#pass(length)
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length).slice()
  }
}

function slotOf(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start] as number
  const middle = bytes[start + (length >> 1)] as number
  const last = bytes[start + length - 1] as number
  return (length ^ (first << 5) ^ (middle << 3) ^ (last << 2)) % rememberedNames
}

function isAt(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false
  for (let index = 0; index < length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false
  }
  return true
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0
  for (let at = start; at < end; at++) all |= bytes[at] as number
  return all < 0x80
}
