import { figureText } from './format.ts'
import type { Measured } from './measure.ts'
import type { Figure } from './race.ts'
import { escaped, margin, round, svgOf } from './svg.ts'

/** What was saved on one sequence of accesses, by each policy. */
export interface Line {
  readonly title: string
  readonly figures: readonly Figure[]
}

/** The rows that belong into this chart: parts that were saved. */
export function linesOf(measured: readonly Measured[]): Line[] {
  return measured.flatMap(({ results }) =>
    results
      .filter(({ charted, unit }) => charted && unit === 'unsaved')
      .map(({ row, figures }) => ({ title: row, figures })),
  )
}

const title = 'Hits of what memory keeps'
const plot = { left: 130, right: 800 }
const top = 96
const bottom = 16
const step = 26
const barHeight = 14

// The first is the bar, all others are marks on it.
const marks: readonly { name: string; at(x: number, y: number): string }[] = [
  { name: 'LRU', at: (x, y) => `<circle class="mark" cx="${x}" cy="${y}" r="4"/>` },
  {
    name: 'S3-FIFO',
    at: (x, y) => `<rect class="mark" x="${round(x - 4)}" y="${y - 4}" width="8" height="8"/>`,
  },
  {
    name: 'W-TinyLFU',
    at: (x, y) => `<path class="mark" d="M${round(x - 5)} ${y + 4}h10l-5 -9z"/>`,
  },
  { name: 'OPT', at: (x, y) => `<path class="equal" d="M${x} ${y - 9}v18"/>` },
]

/** An SVG with a bar for StagCache in each line, and a mark for each policy that it is compared with. */
export function hitsChartOf(lines: readonly Line[], subtitle: string): string {
  const height = top + lines.length * step + bottom
  return svgOf(title, subtitle, height, [
    ...legend(),
    ...[0, 25, 50, 75, 100].flatMap(percent => gridLine(percent, height)),
    ...lines.flatMap((line, index) => lineAt(line, top + index * step + step / 2)),
  ])
}

function xOf(part: number): number {
  return round(plot.left + part * (plot.right - plot.left))
}

function legend(): string[] {
  const y = 64
  return [
    `<rect class="faster" x="${margin}" y="${y - 7}" width="24" height="${barHeight}"/>`,
    `<text x="${margin + 32}" y="${y + 4}">StagCache</text>`,
    ...marks.flatMap(({ name, at }, index) => {
      const x = margin + 130 + index * 110
      return [at(x, y), `<text x="${x + 12}" y="${y + 4}">${name}</text>`]
    }),
  ]
}

function gridLine(percent: number, height: number): string[] {
  const x = xOf(percent / 100)
  return [
    `<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${height - bottom}"/>`,
    `<text class="note" text-anchor="middle" x="${x}" y="${top - 6}">${percent} %</text>`,
  ]
}

function lineAt({ title, figures }: Line, y: number): string[] {
  const savedBy = (name: string) => {
    const figure = figures.find(each => each.name === name)?.figure
    return figure === undefined ? undefined : 1 - figure
  }
  const [ours] = figures
  const saved = savedBy(ours?.name ?? '') ?? 0
  const ends = [saved]
  const drawn = marks.flatMap(({ name, at }) => {
    const part = savedBy(name)
    if (part === undefined) return []
    ends.push(part)
    return at(xOf(part), y)
  })
  return [
    `<text text-anchor="end" x="${plot.left - 10}" y="${y + 4}">${escaped(title)}</text>`,
    `<rect class="faster" x="${plot.left}" y="${y - barHeight / 2}" width="${round(xOf(saved) - plot.left)}" height="${barHeight}"/>`,
    ...drawn,
    // Behind everything else in its line.
    `<text x="${xOf(Math.max(...ends)) + 10}" y="${y + 4}">${figureText(1 - saved, 'unsaved')}</text>`,
  ]
}
