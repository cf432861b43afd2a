/** A place on the Earth, in degrees; north and east are positive. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

/** A point of the unit sphere. */
export type Vector = readonly [x: number, y: number, z: number]

/** The mean radius of the Earth in kilometres. */
export const earthRadius = 6371.0088

const radian = Math.PI / 180

export function toVector({ latitude, longitude }: Place): Vector {
  const ring = Math.cos(latitude * radian)
  return [
    ring * Math.cos(longitude * radian),
    ring * Math.sin(longitude * radian),
    Math.sin(latitude * radian),
  ]
}

/** The great-circle distance of two points whose straight distance, on the unit sphere, has this square. */
export function kilometresOf(squaredChord: number): number {
  return 2 * earthRadius * Math.asin(Math.min(Math.sqrt(squaredChord) / 2, 1))
}

/** The great-circle distance of two places in kilometres. */
export function distanceBetween(one: Place, other: Place): number {
  const [a, b] = [toVector(one), toVector(other)]
  return kilometresOf((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2)
}

/** Where one arrives who goes straight on for some kilometres; the bearing in degrees, clockwise from north. */
export function destination({ latitude, longitude }: Place, bearing: number, kilometres: number): Place {
  const [angle, north] = [kilometres / earthRadius, latitude * radian]
  const sine =
    Math.sin(north) * Math.cos(angle) + Math.cos(north) * Math.sin(angle) * Math.cos(bearing * radian)
  const east = Math.atan2(
    Math.sin(bearing * radian) * Math.sin(angle) * Math.cos(north),
    Math.cos(angle) - Math.sin(north) * sine,
  )
  return { latitude: Math.asin(sine) / radian, longitude: normalLongitude(longitude + east / radian) }
}

/** The same longitude between -180 and 180. */
export function normalLongitude(longitude: number): number {
  return longitude - 360 * Math.floor((longitude + 180) / 360)
}
