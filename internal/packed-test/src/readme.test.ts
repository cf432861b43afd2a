import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { command } from '@stagcache/runtimes'
import { describe, expect, inject, test } from 'vitest'

const workspace = fileURLToPath(new URL('../../..', import.meta.url))
const project = inject('project')
const options = { strict: true, noEmit: true, target: 'es2022', module: 'nodenext', types: ['node'] }

/** Code of the documentation that begins with an import of the packages is whole: it compiles and runs as it stands. */
const examples = globSync(['README.md', 'packages/*/README.md', 'docs/*.md'], { cwd: workspace }).flatMap(
  file =>
    [...readFileSync(join(workspace, file), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)]
      .map(([, code = '']) => code)
      .filter(code => /^import .*'@stagcache\//.test(code))
      .map((code, index) => ({ title: `example ${index + 1} of ${file}`, code })),
)

describe.each(examples)('$title', ({ title, code }) => {
  const folder = join(project, title.replaceAll(/\W+/g, '-'))
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'example.ts'), code)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['example.ts'] }),
  )

  test('compiles', async () => {
    const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
    const compiled = command(process.execPath, [tsc, '--project', folder, '--pretty', 'false'])
    expect(await compiled).toMatchObject({ stdout: '', code: 0 })
  })

  test('runs', async () => {
    expect(await command(process.execPath, ['example.ts'], { cwd: folder })).toMatchObject({
      stderr: '',
      code: 0,
    })
  })
})

test('the README has an example', () => {
  expect(examples.map(example => example.title)).toContain('example 1 of README.md')
})
