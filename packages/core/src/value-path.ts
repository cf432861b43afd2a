import { quote } from './errors.ts'

const longestPath = 40

/** A path as it is written in messages, `hashVal.options[2].onDone`; a very long one is cut. */
export function formatPath(root: string, path: readonly PropertyKey[]): string {
  if (path.length > longestPath) return `${formatPath(root, path.slice(0, longestPath))}…`
  let text = root
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(String(step))) text += `.${String(step)}`
    else text += `[${quote(step)}]`
  }
  return text
}
