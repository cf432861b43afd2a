/** One column: its heading, and on which side its cells begin. */
export interface Column {
  readonly heading: string
  readonly align?: 'left' | 'right'
}

/** The lines of a table: its headings, its rows, and a last row below a rule. */
export function table(columns: readonly Column[], rows: readonly string[][], sum: string[]): string[] {
  const all = [columns.map(column => column.heading), ...rows, sum]
  const widths = columns.map((_, i) => Math.max(...all.map(row => row[i]!.length)))
  const [headings, ...body] = all.map(row =>
    row
      .map((cell, i) => (columns[i]!.align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
  const rule = '─'.repeat(widths.reduce((total, width) => total + width + 2, -2))
  return [headings!, rule, ...body.slice(0, -1), rule, body.at(-1)!]
}
