const begin = '<!-- measured -->'
const end = '<!-- /measured -->'

/** The README with `text` as what was measured last. */
export function withMeasured(readme: string, text: string): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`The README has no part from ${begin} to ${end}.`)
  const fence = '```'
  const block = ['', fence, text.trim(), fence, ''].join('\n')
  return `${readme.slice(0, from)}${begin}\n${block}\n${readme.slice(to)}`
}
