import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { WorldGrid } from './world-grid.ts'

export const usage = `How far is it to the sea? Computed once, and read from then on.

  npm run demo                     asks for it in five processes
  npm run demo -- --width 1440     a map of another width in pixels, instead of 2880
  npm run demo -- --clear          deletes what is stored, and the map
  npm run demo -- --dir FOLDER     keeps both in another folder`

export interface Options {
  readonly action: 'demo' | 'clear' | 'help'
  /** The directory of the cache. */
  readonly cacheDir: string
  /** The path of the picture. */
  readonly picture: string
  readonly width: number
  /** The arguments that chose another folder than the demo's own. */
  readonly elsewhere: readonly string[]
}

const ownFolder = fileURLToPath(new URL('..', import.meta.url))

/** The path of a coastline file of the package world-atlas; the smaller the scale's number, the finer. */
export function coastlineFile(scale: '10m' | '50m' | '110m'): string {
  return createRequire(import.meta.url).resolve(`world-atlas/land-${scale}.json`)
}

/** @throws Error that says what is wrong with the arguments. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      clear: { type: 'boolean', default: false },
      dir: { type: 'string' },
      help: { type: 'boolean', default: false },
      width: { type: 'string', default: '2880' },
    },
  })
  // npm tells where its user stands; the demo itself runs in its own folder.
  const folder = values.dir === undefined ? ownFolder : resolve(process.env['INIT_CWD'] ?? '.', values.dir)
  return {
    action: values.help ? 'help' : values.clear ? 'clear' : 'demo',
    cacheDir: join(folder, '.stagcache'),
    picture: join(folder, 'map.html'),
    width: new WorldGrid(Number(values.width)).width,
    elsewhere: values.dir === undefined ? [] : ['--dir', values.dir],
  }
}
