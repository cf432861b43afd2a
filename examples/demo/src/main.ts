import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'
import { DiskCache } from '@stagcache/disk'
import { dependencies, type Entries, type Question } from './ask.ts'
import { kilometres } from './format.ts'
import { coastlineFile, type Options, readOptions, usage } from './options.ts'
import { drawPicture } from './picture.ts'
import { ProgressBar } from './progress-bar.ts'
import { outcome, poleTable, speedup, stepTable } from './report.ts'
import { distanceBetween } from './sphere.ts'
import { type Stage, type Step, tell } from './story.ts'

try {
  const options = readOptions(process.argv.slice(2))
  if (options.action === 'help') print(usage)
  else if (options.action === 'clear') await clear(options)
  else await demo(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function demo(options: Options): Promise<void> {
  const { cacheDir: dir, width } = options
  const question: Question = { dir, version: 1, coastline: coastlineFile('10m'), width }
  print(bold('How far is it to the sea?'))
  print(
    `For ${((width * width) / 2).toLocaleString('en')} places on Earth, the distance to the nearest coast (Natural Earth,`,
  )
  print('410,000 points). Five processes ask one cache for it, one after the other.\n')
  const steps = await tell({ question, otherCoastline: coastlineFile('50m') }, terminal())

  print('', ...stepTable(steps), '', ...speedup(steps), '')
  print(bold('Farthest from any coast'), ...poleTable(steps[0]!), ...whatChanged(steps), '')
  if (await draw(question, options.picture)) print(`${bold('Map')}     ${shown(options.picture)}`)
  print(`${bold('Cache')}   ${shown(dir)}`)
  const again = command(process.argv.slice(2))
  print(`${bold('Again')}   ${again.padEnd(28)}   then step 1 reads too`)
  print(
    `${bold('Try')}     ${command(['--width', width === 1440 ? '2160' : '1440', ...options.elsewhere])}   another hashVal, so it is computed`,
  )
  print(`${bold('Clear')}   ${command(['--clear', ...options.elsewhere])}`)
}

function terminal(): Stage {
  let bar = new ProgressBar(process.stdout)
  return {
    begins(number, title) {
      print(`${bold(`${number}`)}  ${title}`)
      bar = new ProgressBar(process.stdout)
    },
    progress: fraction => bar.update(fraction),
    ends(step, earlier) {
      bar.end()
      print(`   ${outcome(step, earlier)}`)
      for (const trouble of step.answer.troubles) print(`   ! ${trouble}`)
    },
  }
}

/** What would have been wrong if step 4 had been given the result of step 3. */
function whatChanged(steps: readonly Step[]): string[] {
  const [finer, coarser] = [steps[2]!.answer.sea, steps[3]!.answer.sea]
  return [
    `The coarser coastline of step 4 lacks small islands: its place at sea lies`,
    `${kilometres(distanceBetween(finer, coarser))} away. A cache that had answered from step 3 would have been wrong.`,
  ]
}

async function draw(question: Question, path: string): Promise<boolean> {
  const cache = new DiskCache<Entries>({ dir: question.dir })
  const { version } = question
  const distances = await cache.get('./coast-distances', { version, hashVal: await dependencies(question) })
  await cache.close()
  if (!distances) return false
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, drawPicture(distances))
  return true
}

async function clear({ cacheDir: dir, picture }: Options): Promise<void> {
  const cache = new DiskCache({ dir })
  await cache.clear()
  await cache.close()
  await rm(picture, { force: true })
  print(`Nothing is stored in ${shown(dir)} any more.`)
}

/** A path as its reader would type it, in the folder where the demo was started. */
function shown(path: string): string {
  const workspace = fileURLToPath(new URL('../../..', import.meta.url))
  const short = relative(workspace, path)
  return short.startsWith('..') || isAbsolute(short) ? path : short
}

function command(args: readonly string[]): string {
  return ['npm run demo', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
}

function bold(text: string): string {
  return styleText('bold', text)
}

function print(...lines: string[]): void {
  console.log(lines.join('\n'))
}
