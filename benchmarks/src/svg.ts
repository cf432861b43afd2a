/** The width of every chart, and its margin, in pixels. */
export const width = 880
export const margin = 16

// Both backgrounds are the page's own; grey, blue and orange keep their contrast on either.
const style = [
  'text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }',
  '.title { font-size: 16px; font-weight: 600 }',
  '.group { font-size: 13px; font-weight: 600 }',
  '.note { fill: #59636e }',
  '.grid { stroke: #818b98; stroke-opacity: 0.35 }',
  '.equal { stroke: #59636e; stroke-width: 1.5; stroke-opacity: 1 }',
  '.faster { fill: #2f81f7 }',
  '.slower { fill: #d9822b }',
  '.mark { fill: #ffffff; stroke: #1f2328; stroke-width: 1.5 }',
  '@media (prefers-color-scheme: dark) {',
  'text { fill: #f0f6fc } .note { fill: #9198a1 } .equal { stroke: #9198a1 }',
  '}',
].join(' ')

/** A chart of its parts, readable on a light and on a dark background. */
export function svgOf(title: string, subtitle: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<style>${style}</style>`,
    `<text class="title" x="${margin}" y="26">${title}</text>`,
    `<text class="note" x="${margin}" y="46">${escaped(subtitle)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
