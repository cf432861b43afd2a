import type { Place } from './sphere.ts'

/** An equirectangular map of the whole Earth, twice as wide as high, from 180° W and the north pole on. */
export class WorldGrid {
  readonly width: number
  readonly height: number
  /** The width and height of one pixel in degrees. */
  readonly step: number

  constructor(width: number) {
    if (!Number.isInteger(width) || width < 2 || width % 2 !== 0) {
      throw new RangeError(`A map of the world cannot be ${width} pixels wide: it is an even number.`)
    }
    this.width = width
    this.height = width / 2
    this.step = 360 / width
  }

  /** The latitude of the middle of a row's pixels. */
  latitude(row: number): number {
    return 90 - (row + 0.5) * this.step
  }

  /** The longitude of the middle of a column's pixels. */
  longitude(column: number): number {
    return (column + 0.5) * this.step - 180
  }

  /** The number of the pixel that holds a place. */
  pixel({ latitude, longitude }: Place): number {
    const row = Math.min(Math.floor((90 - latitude) / this.step), this.height - 1)
    const column = Math.min(Math.floor((longitude + 180) / this.step), this.width - 1)
    return row * this.width + column
  }
}
