/** Hit ratios in per cent that were published for a recorded sequence and a number of entries. */
export interface Published {
  readonly trace: string
  readonly entries: number
  readonly FIFO: number
  readonly LRU: number
  readonly SIEVE: number
  readonly 'S3-FIFO': number
  readonly ARC: number
  readonly LIRS: number
  readonly 'W-TinyLFU': number
  readonly climbing: number
  readonly OPT: number
}

const columns = ['FIFO', 'LRU', 'SIEVE', 'S3-FIFO', 'ARC', 'LIRS', 'W-TinyLFU', 'climbing', 'OPT'] as const

/** With `W-TinyLFU` of a window of one per cent, and `climbing` the one that adapts its window by hill climbing. */
export const published: readonly Published[] = [
  row('loop', 500, [0, 0, 0, 0, 0, 48.86, 48.86, 47.99, 49.36]),
  row('loop', 1000, [0, 0, 0, 89.62, 0, 97.73, 95.06, 95.21, 98.71]),
  row('scan', 500, [0, 0, 0, 0, 0, 23.75, 20.74, 19.9, 23.99]),
  row('zigzag', 500, [23.99, 23.99, 23.99, 3.27, 23.01, 0.19, 19.98, 19.65, 24.04]),
  row('cs', 563, [1.83, 1.83, 1.83, 1.83, 1.83, 33.18, 33.33, 33.27, 35.04]),
  row('gli', 1000, [11.14, 11.21, 31.34, 35.05, 21.31, 50.72, 49.93, 49.93, 53.15]),
  row('multi1', 1000, [44.79, 48.23, 49.74, 57.82, 49.75, 68.37, 68.31, 68.22, 71.4]),
  row('multi2', 1000, [38.77, 47.8, 50.71, 49.8, 50.75, 58.15, 57.43, 57.3, 62.16]),
  row('OLTP', 1000, [28.53, 32.83, 32.56, 40.84, 38.94, 34.8, 35.65, 40.24, 53.62]),
  row('web07', 500, [42.75, 45.58, 48.5, 50.02, 48.25, 46.69, 47.77, 48.73, 59.17]),
]

function row(trace: string, entries: number, ratios: readonly number[]): Published {
  const named = Object.fromEntries(columns.map((column, index) => [column, ratios[index]]))
  return { trace, entries, ...named } as unknown as Published
}
