import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryDirectory } from '@stagcache/test-kit'
import { expect, test } from 'vitest'

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// There are several ways to call a verb, and a compiler gives the reason of one of them only.
test('a misspelt option is told as one of the options that it is not among', () => {
  const mistakes = [
    { code: 'new Cache({ tll: 1 })', options: 'CacheOptions' },
    { code: "cache.cache('table', { tll: 1 }, () => 1)", options: 'GenerateOptions' },
    { code: "cache.cache('table', { tll: 1 }, (size: number) => size, 1)", options: 'GenerateOptions' },
    { code: "cache.memoize('table', { tll: 1 }, (size: number) => size)", options: 'MemoizeOptions' },
    { code: "cache.cacheMany(['table'], { tll: 1 }, () => [1])", options: 'ManyOptions' },
    { code: "cache.get('table', { tll: 1 })", options: 'GetOptions<undefined>' },
    { code: "cache.set('table', 1, { tll: 1 })", options: 'SetOptions' },
  ]
  const said = compiled(mistakes.map(({ code }) => code))
  expect(said).toEqual(
    mistakes.map(
      ({ options }) =>
        `Object literal may only specify known properties, and 'tll' does not exist in type '${options}'.`,
    ),
  )
})

/** What the compiler finds wrong with lines of a program that has a cache. */
function compiled(lines: readonly string[]): string[] {
  const program = join(temporaryDirectory(), 'program.ts')
  const head = `import { Cache } from ${JSON.stringify(fromHere('../../../packages/core/src/index.ts'))}\nconst cache = new Cache()\n`
  writeFileSync(program, head + lines.join('\n'))
  const options =
    '--ignoreConfig --noEmit --strict --target es2022 --lib es2022 --module nodenext --allowImportingTsExtensions --pretty false'
  const { stdout } = spawnSync(fromHere('../../../node_modules/.bin/tsc'), [...options.split(' '), program], {
    encoding: 'utf8',
  })
  return stdout
    .split('\n')
    .filter(line => line.includes('Object literal'))
    .map(line => line.slice(line.indexOf('Object literal')))
}
