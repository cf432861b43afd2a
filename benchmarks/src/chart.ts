import { advantageText } from './format.ts'
import type { Measured } from './measure.ts'
import type { Figure } from './race.ts'
import { escaped, margin, round, svgOf } from './svg.ts'

/** The bars of one row: how many times as fast StagCache was as each rival. */
export interface Group {
  readonly title: string
  readonly figures: readonly Figure[]
}

/** The rows that belong into the chart: those of speed. */
export function groupsOf(measured: readonly Measured[]): Group[] {
  return measured.flatMap(({ title, results }) =>
    results
      .filter(({ charted, unit }) => charted && unit !== 'unsaved')
      .map(({ row, figures }) => ({ title: `${title}: ${row}`, figures: figures.slice(1) })),
  )
}

/**
 * An SVG of horizontal bars on a logarithmic scale. A bar to the right says how
 * many times as fast StagCache was, one to the left by which part of the rival's speed it was slower.
 */
export function chartOf(groups: readonly Group[], subtitle: string): string {
  const scale = scaleOf(groups)
  const height = top + groups.reduce((sum, { figures }) => sum + groupHeight(figures), 0) + bottom
  return svgOf(title, subtitle, height, [
    ...scale.decades.map(decade => decadeName(scale.x(decade), decade)),
    ...groupsAt(groups, scale),
  ])
}

const title = 'Speed of StagCache as a multiple of the rival’s'
const plot = { left: 170, right: 800 }
const top = 84
const bottom = 16
const barHeight = 12
const step = 19
const headHeight = 34

interface Scale {
  readonly decades: readonly number[]
  x(ratio: number): number
}

// Whole decades, at least one to either side of equal speed.
function scaleOf(groups: readonly Group[]): Scale {
  const ratios = groups.flatMap(({ figures }) => figures.flatMap(({ advantage }) => advantage?.median ?? []))
  const first = Math.min(-1, ...ratios.map(ratio => Math.floor(Math.log10(ratio))))
  const last = Math.max(1, ...ratios.map(ratio => Math.ceil(Math.log10(ratio))))
  const perDecade = (plot.right - plot.left) / (last - first)
  return {
    decades: Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index)),
    x: ratio => plot.left + (Math.log10(ratio) - first) * perDecade,
  }
}

function decadeName(x: number, decade: number): string {
  const name = decade < 1 ? `1/${(1 / decade).toLocaleString('en')}` : `${decade.toLocaleString('en')}×`
  return `<text class="note" text-anchor="middle" x="${round(x)}" y="${top - 12}">${decade === 1 ? 'equal' : name}</text>`
}

function groupHeight(figures: readonly Figure[]): number {
  return headHeight + figures.length * step
}

function groupsAt(groups: readonly Group[], scale: Scale): string[] {
  let y = top
  return groups.flatMap(({ title, figures }) => {
    const start = y
    y += groupHeight(figures)
    return [
      `<text class="group" x="${margin}" y="${start + 20}">${escaped(title)}</text>`,
      // Not through the titles.
      ...scale.decades.map(decade => gridLine(scale.x(decade), decade, start + headHeight - 5, y)),
      ...figures.flatMap((figure, index) => barOf(figure, start + headHeight + index * step, scale)),
    ]
  })
}

function gridLine(x: number, decade: number, from: number, to: number): string {
  const name = decade === 1 ? 'grid equal' : 'grid'
  return `<line class="${name}" x1="${round(x)}" x2="${round(x)}" y1="${from}" y2="${to}"/>`
}

function barOf(figure: Figure, y: number, scale: Scale): string[] {
  const baseline = y + barHeight - 2
  const name = `<text text-anchor="end" x="${plot.left - 10}" y="${baseline}">${escaped(figure.name)}</text>`
  if (!figure.advantage) {
    const text = figure.fault === undefined ? 'takes no part' : 'answered wrongly'
    return [name, `<text class="note" x="${round(scale.x(1) + 6)}" y="${baseline}">${text}</text>`]
  }
  const [equal, end] = [scale.x(1), scale.x(figure.advantage.median)]
  const isFaster = end >= equal
  const bar = `<rect class="${isFaster ? 'faster' : 'slower'}" x="${round(Math.min(equal, end))}" y="${y}" width="${round(Math.max(1, Math.abs(end - equal)))}" height="${barHeight}"/>`
  // Beside the bar, on the side where there is room in any case.
  const label = `<text x="${round(Math.max(equal, end) + 6)}" y="${baseline}">${advantageText(figure.advantage)}</text>`
  return [name, bar, label]
}
