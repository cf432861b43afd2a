import { platform } from './platform.ts'

/*
 * How a value is released. The first of these that it has is called, and no other:
 *
 *   value                                        call
 *   has a method Symbol.asyncDispose             value[Symbol.asyncDispose]()
 *   has a method Symbol.dispose                  value[Symbol.dispose]()
 *   is an instance of a class, has close()       value.close()
 *   is an instance of a class, has terminate()   value.terminate()
 *   is a text that begins with blob:             URL.revokeObjectURL(value)
 *
 * The two symbols say "this is for releasing me", whatever carries them, and are tried in the order of `await using`.
 * The two words do not: `{ close: () => dialog.hide() }` is an object of callbacks, `{ open, high, low, close }` a
 * price. So they count on instances only, where a class stands behind them. A plain object that is a resource takes
 * `Symbol.dispose`, or `onUnload(() => resource.close())`. What is inside a value (an array of textures) is not looked at.
 */

/** A function that releases the value, or `undefined` if it is not one that can be released. */
export function releaseOf(value: unknown): (() => unknown) | undefined {
  if (typeof value === 'string') return releaseOfText(value)
  if (!isObject(value)) return undefined
  try {
    const method = releaseMethods(value).find(name => typeof value[name] === 'function')
    return method === undefined ? undefined : () => (value[method] as () => unknown)()
  } catch {
    // Looking alone can throw: a getter, a revoked proxy, a window of another origin. Such a value is nobody's to release.
    return undefined
  }
}

function releaseOfText(text: string): (() => void) | undefined {
  if (!text.startsWith('blob:') || !platform.URL.revokeObjectURL) return undefined
  return () => platform.URL.revokeObjectURL?.(text)
}

function releaseMethods(value: object): PropertyKey[] {
  const { dispose, asyncDispose } = platform.Symbol
  const symbols = [asyncDispose, dispose].filter(symbol => symbol !== undefined)
  return isInstance(value) ? [...symbols, 'close', 'terminate'] : symbols
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

// Also across realms: the prototype of a plain object is the end of the chain, whichever realm's it is.
function isInstance(value: object): boolean {
  if (typeof value === 'function') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return isObject(prototype) && Object.getPrototypeOf(prototype) !== null
}
