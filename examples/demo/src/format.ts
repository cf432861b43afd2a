import type { Place } from './sphere.ts'

/** Kilometres with separators: "2,705 km". */
export function kilometres(value: number): string {
  return `${Math.round(value).toLocaleString('en')} km`
}

/** Seconds from milliseconds, with about three digits: "6.31 s", "0.041 s". */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 995 ? 3 : milliseconds < 9_995 ? 2 : 1)} s`
}

/** Degrees and minutes: "48°58.7′ S 123°28.4′ W". */
export function place({ latitude, longitude }: Place): string {
  return `${angle(latitude, 'N', 'S')} ${angle(longitude, 'E', 'W')}`
}

/** How long ago something happened: "2 minutes ago", "just now". */
export function ago(milliseconds: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const
  const found = units.find(([, length]) => milliseconds >= length)
  if (!found) return 'just now'
  const [unit, length] = found
  const count = Math.floor(milliseconds / length)
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`
}

// Rounded before it is split, so that no angle has 60 minutes.
function angle(degrees: number, positive: string, negative: string): string {
  const tenths = Math.round(Math.abs(degrees) * 600)
  const minutes = ((tenths % 600) / 10).toFixed(1).padStart(4, '0')
  return `${Math.floor(tenths / 600)}°${minutes}′ ${degrees < 0 ? negative : positive}`
}
