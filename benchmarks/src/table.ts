import { advantageText, figureText, reachedText, targetText } from './format.ts'
import type { Measured } from './measure.ts'
import type { Figure, Result } from './race.ts'

/** The results of one table as text: a line for each contender, then the targets, then who has no figure and why. */
export function tableOf(title: string, results: readonly Result[]): string {
  const names = [...new Set(results.flatMap(({ figures }) => figures.map(({ name }) => name)))]
  const head = ['', ...results.flatMap(({ row }) => [row, ''])]
  const lines = names.map(name => [name, ...results.flatMap(result => cellsOf(result, name))])
  const parts = [aligned([head, ...lines]), aligned(targetsOf(results)), notesOf(results)]
  return [title, ...parts.filter(part => part.length > 0).map(part => part.join('\n'))].join('\n\n')
}

/** How many targets were met, in one line. */
export function summaryOf(measured: readonly Measured[]): string {
  const verdicts = measured.flatMap(({ results }) => results.flatMap(({ verdicts }) => verdicts))
  const met = verdicts.filter(({ met }) => met).length
  return `Of ${verdicts.length} targets ${met} were met.`
}

function cellsOf({ figures, unit }: Result, name: string): [string, string] {
  const found = figures.find(figure => figure.name === name)
  if (!found) return ['–', '']
  const { figure, advantage, fault, reason } = found
  if (fault !== undefined) return ['wrong', '']
  if (reason !== undefined || figure === undefined) return ['cannot', '']
  return [figureText(figure, unit), advantage ? advantageText(advantage) : '']
}

function targetsOf(results: readonly Result[]): string[][] {
  return results.flatMap(({ row, unit, verdicts }) =>
    verdicts.map(({ target, reached, met }) => [
      `${row}:`,
      targetText(target, unit),
      reached ? reachedText(reached, target, unit) : 'not measured',
      met ? 'met' : 'MISSED',
    ]),
  )
}

// What is said of one contender in several rows is said once.
function notesOf(results: readonly Result[]): string[] {
  const rows = new Map<string, string[]>()
  for (const { row, figures } of results) {
    for (const figure of figures) {
      const note = noteOf(figure)
      if (note !== undefined) rows.set(note, [...(rows.get(note) ?? []), row])
    }
  }
  return [...rows].map(([note, names]) => `  ${names.join('; ')}: ${note}`)
}

function noteOf({ name, fault, reason }: Figure): string | undefined {
  if (fault !== undefined) return `${name} was not timed. ${fault}`
  return reason === undefined ? undefined : `${name} takes no part. ${reason}`
}

// Every column is as wide as its widest cell; a head stands over the two columns of its row.
function aligned(lines: readonly string[][]): string[] {
  const columns = Math.max(0, ...lines.map(line => line.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map(line => line[column]?.length ?? 0)),
  )
  return lines.map(line =>
    `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
}
