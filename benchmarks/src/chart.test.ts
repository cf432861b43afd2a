import { describe, expect, test } from 'vitest'
import { chartOf, groupsOf } from './chart.ts'
import type { Figure, Result } from './race.ts'

describe('a chart', () => {
  test('has a bar to the right for who is slower than StagCache, and to the left for who is faster', () => {
    const [slower, faster] = bars(chart([rival('slow', 10), rival('quick', 0.5)]))
    const equal = gridLines(chart([rival('slow', 10), rival('quick', 0.5)])).equal
    expect(slower).toMatchObject({ class: 'faster', x: equal })
    expect(faster).toMatchObject({ class: 'slower' })
    expect((faster?.x ?? 0) + (faster?.width ?? 0)).toBeCloseTo(equal, 0)
  })

  test('has a logarithmic scale: ten times as fast is as wide as ten times as slow', () => {
    const [one, other, hundred] = bars(chart([rival('a', 10), rival('b', 0.1), rival('c', 100)]))
    expect(one?.width).toBeCloseTo(other?.width ?? 0, 0)
    expect(hundred?.width).toBeCloseTo(2 * (one?.width ?? 0), 0)
  })

  test('keeps every bar and every line of the scale inside', () => {
    const figures = [0.001, 0.3, 1, 7, 52_000].map(advantage => rival(`x${advantage}`, advantage))
    const svg = chart(figures)
    const { width = 0, height = 0 } = sizeOf(svg)
    for (const bar of bars(svg)) {
      expect(bar.x).toBeGreaterThan(0)
      expect(bar.x + bar.width).toBeLessThan(width - 60)
      expect(bar.y + 12).toBeLessThan(height)
    }
    expect(bars(svg)).toHaveLength(figures.length)
    expect(Math.max(...gridLines(svg).all)).toBeLessThan(width)
  })

  test('says who answered wrongly and who takes no part, without a bar', () => {
    const svg = chart([
      { name: 'wrong', fault: 'It forgot a value.' },
      { name: 'other', reason: 'It keeps nothing.' },
    ])
    expect(bars(svg)).toEqual([])
    expect(svg).toContain('answered wrongly')
    expect(svg).toContain('takes no part')
  })

  test('writes names as text, whatever is in them', () => {
    expect(chart([rival('<a> & b', 2)])).toContain('>&lt;a&gt; &amp; b<')
  })

  test('has the rows that belong into it, without StagCache itself', () => {
    const result = (row: string, charted: boolean): Result => ({
      row,
      unit: 'time',
      charted,
      figures: [{ name: 'StagCache', figure: 1 }, rival('lmdb', 2)],
      verdicts: [],
    })
    expect(groupsOf([{ title: 'Small', results: [result('get', true), result('set', false)] }])).toEqual([
      { title: 'Small: get', figures: [rival('lmdb', 2)] },
    ])
  })
})

function rival(name: string, advantage: number): Figure {
  return { name, figure: 1, advantage: { median: advantage, low: advantage, high: advantage } }
}

function chart(figures: readonly Figure[]): string {
  return chartOf([{ title: 'get', figures }], 'measured somewhere')
}

function bars(svg: string) {
  const pattern = /<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g
  return [...svg.matchAll(pattern)].map(([, name, x, y, width]) => ({
    class: name,
    x: Number(x),
    y: Number(y),
    width: Number(width),
  }))
}

function gridLines(svg: string): { equal: number; all: number[] } {
  const all = [...svg.matchAll(/<line class="grid[^"]*" x1="([\d.]+)"/g)].map(([, x]) => Number(x))
  return { equal: Number(svg.match(/class="grid equal" x1="([\d.]+)"/)?.[1]), all }
}

function sizeOf(svg: string): { width?: number; height?: number } {
  const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/) ?? []
  return { width: Number(width), height: Number(height) }
}
