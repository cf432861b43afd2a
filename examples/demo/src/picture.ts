import type { CoastDistances, Pole } from './coast-distances.ts'
import { mapHeight, project } from './equal-earth.ts'
import { kilometres, place } from './format.ts'
import { band, colourOf, drawRelief, farthestColour } from './relief.ts'
import { destination, type Place } from './sphere.ts'

const width = 1800
const height = Math.round(width * mapHeight)
const legendHeight = 120

/** A page with the map: how far each place is from the coast, and the two that are farthest from it. */
export function drawPicture(distances: CoastDistances): string {
  const relief = drawRelief(distances, width).toString('base64')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>How far is it to the sea?</title>
<style>${style}</style>
<header>
  <h1>How far is it to the sea?</h1>
  <p>The distance of every place on Earth to the nearest coast. Each circle is the largest that holds no coast:
  its middle is the place at sea, or on land, that is farthest from any.</p>
</header>
<svg viewBox="0 0 ${width} ${height + legendHeight}" role="img" aria-label="Map of the world coloured by distance to the coast">
  <image href="data:image/png;base64,${relief}" width="${width}" height="${height}"/>
  ${edge()}
  ${pole('Point Nemo', distances.sea)}
  ${pole('Eurasian pole', distances.land)}
  <g transform="translate(0 ${height + 56})">
    ${legend(140, 'at sea', 1)}
    ${legend(980, 'on land', -1)}
  </g>
</svg>
<footer>Equal Earth projection. Coastline: Natural Earth, by way of world-atlas; inland waters count as land.
${(distances.kilometres.length / 1e6).toFixed(1)} million places, computed
${distances.computed.at.toISOString().slice(0, 16).replace('T', ' ')} UTC, kept by StagCache.</footer>
</html>
`
}

const style = `
  body { margin: 0 auto; max-width: 1500px; padding: 2.2rem 2rem 1.6rem; background: #fbfaf6; color: #1c2733;
    font: 17px/1.5 system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif; }
  header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 2.5rem; margin-bottom: 1.4rem; }
  h1 { margin: 0; font: 600 2.5rem/1.2 Georgia, 'Times New Roman', 'DejaVu Serif', serif; letter-spacing: -.01em; }
  header p { margin: 0; flex: 1 1 30rem; color: #55606c; }
  svg { display: block; width: 100%; height: auto; }
  footer { margin-top: 1rem; color: #6d7782; font-size: .82rem; }
  .edge { fill: none; stroke: #1c2733; stroke-opacity: .45; stroke-width: 1.5; }
  .reach { fill: none; stroke: #fff; stroke-width: 2; }
  .shade { fill: none; stroke: #14202e; stroke-opacity: .5; stroke-width: 4.5; }
  .pole { fill: #fff; }
  .halo { fill: none; stroke: #fff; stroke-width: 2; }
  text { font-size: 21px; fill: #1c2733; }
  .label text { fill: #fff; paint-order: stroke; stroke: #0c1a2e; stroke-opacity: .55; stroke-width: 5;
    stroke-linejoin: round; text-anchor: middle; }
  .label .name { font-weight: 600; font-size: 25px; }
  .label .far { font-size: 23px; }
  .label .where { font-size: 16.5px; }
  .legend text { text-anchor: middle; font-size: 19px; fill: #55606c; }
  .legend .side { text-anchor: end; font-size: 22px; fill: #1c2733; }
`

function edge(): string {
  return `<path class="edge" d="${path([...meridian(-20.001), ...meridian(-19.999).reverse()], true)}"/>`
}

function meridian(longitude: number): Place[] {
  return steps(-90, 90, 2).map(latitude => ({ latitude, longitude }))
}

/** The place, the largest circle around it that holds no coast, and what there is to say about it. */
function pole(name: string, pole: Pole): string {
  const circle = steps(0, 360, 2).map(bearing => destination(pole, bearing, pole.kilometres))
  const { x, y } = pixels(pole)
  return `<g>
    <path class="shade" d="${path(circle)}"/><path class="reach" d="${path(circle)}"/>
    <circle class="pole" cx="${x}" cy="${y}" r="4"/><circle class="halo" cx="${x}" cy="${y}" r="10"/>
    <g class="label" transform="translate(${x} ${y})">
      <text class="name" y="-26">${name}</text>
      <text class="far" y="40">${kilometres(pole.kilometres)}</text>
      <text class="where" y="66">${place(pole)}</text>
    </g>
  </g>`
}

function legend(left: number, side: string, sign: 1 | -1): string {
  const full = 680
  const shown = Math.ceil(farthestColour / band)
  const boxes = Array.from({ length: shown }, (_, i) => {
    const x = left + (i * full) / shown
    const colour = `rgb(${colourOf(sign * (i + 0.5) * band).join(' ')})`
    return `<rect x="${x.toFixed(1)}" width="${(full / shown + 0.6).toFixed(1)}" height="20" fill="${colour}"/>`
  })
  const marks = steps(0, 2500, 500).map(distance => {
    const x = left + (distance / (shown * band)) * full
    return `<text x="${x.toFixed(1)}" y="46">${distance === 0 ? 'coast' : kilometres(distance)}</text>`
  })
  return `<g class="legend"><text class="side" x="${left - 18}" y="17">${side}</text>${boxes.join('')}${marks.join('')}</g>`
}

function steps(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) + 1 }, (_, i) => Math.min(from + i * step, to))
}

function pixels(place: Place): { x: string; y: string } {
  const { x, y } = project(place)
  return { x: (x * width).toFixed(1), y: (y * width).toFixed(1) }
}

// A line that leaves the map on one side goes on at the other.
function path(places: readonly Place[], closed = false): string {
  let last: number | undefined
  const parts = places.map(place => {
    const { x, y } = pixels(place)
    const jumps = last === undefined || (!closed && Math.abs(Number(x) - last) > width / 2)
    last = Number(x)
    return `${jumps ? 'M' : 'L'}${x} ${y}`
  })
  return parts.join('') + (closed ? 'Z' : '')
}
