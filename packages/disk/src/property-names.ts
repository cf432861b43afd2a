/**
 * A name by which msgpackr keeps something of its own beside property names: of objects with such a property it would make a
 * mess, of others too.
 */
export const reservedName = '__keys__'

/** Decoders of UTF-8 take U+FEFF at the beginning for a byte order mark, and drop it. */
export function isPlainText(text: string): boolean {
  return text.charCodeAt(0) !== 0xfeff && text.isWellFormed()
}

/** Names that decoders guard against, and those whose assignment something inherited could catch, stay out of maps. */
export function isInherited(name: string): boolean {
  return name in Object.prototype
}
