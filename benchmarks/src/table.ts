import type { Ratio, Result, Timing } from './race.ts'
import type { Target } from './row.ts'

/** The results of one suite as text, with a line for each row. */
export function tableOf(title: string, results: readonly Result[]): string {
  const head = ['', ...(results[0]?.timings.map(({ name }) => name) ?? []), 'ratio', 'target', '']
  const lines = results.map(result => [
    result.row,
    ...result.timings.map(timeText),
    result.ratio ? ratioText(result.ratio) : 'not measured',
    result.target ? targetText(result.target) : '',
    result.met === undefined ? '' : result.met ? 'met' : 'MISSED',
  ])
  return [title, '', ...aligned([head, ...lines]), ...faultsOf(results)].join('\n')
}

function aligned(cells: readonly string[][]): string[] {
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map(line => line[column]?.length ?? 0))) ?? []
  return cells.map(line =>
    `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
}

function faultsOf(results: readonly Result[]): string[] {
  return results.flatMap(({ row, timings }) =>
    timings.flatMap(({ name, fault }) =>
      fault === undefined ? [] : [`  ${row}: ${name} was not timed. ${fault}`],
    ),
  )
}

function timeText({ nanoseconds, fault }: Timing): string {
  if (fault !== undefined || nanoseconds === undefined) return 'wrong'
  if (nanoseconds < 1e3) return `${nanoseconds.toFixed(1)} ns`
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(2)} µs`
  return `${(nanoseconds / 1e6).toFixed(2)} ms`
}

function ratioText({ against, measure, median, low, high }: Ratio): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)}) of the ${measure} of ${against}`
}

function targetText({ measure, limit }: Target): string {
  return `${measure === 'speed' ? 'at least' : 'at most'} ${limit.toFixed(2)}`
}
