import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { command, type Finished } from '@stagcache/runtimes'
import { describe, expect, inject, test } from 'vitest'

const project = inject('project')
const resolutions = [
  { name: 'nodenext', options: { module: 'nodenext', moduleResolution: 'nodenext' } },
  { name: 'bundler', options: { module: 'esnext', moduleResolution: 'bundler' } },
] as const
const compilers = [
  { name: "the workspace's compiler", from: import.meta.url },
  // The declarations name their neighbours with '.ts', as the source does: older compilers have to follow too.
  { name: "the consumer's compiler, TypeScript 5", from: join(project, 'package.json') },
]

const everything = ['core.ts', 'disk.ts', 'lifecycle.ts', 'all.ts']

describe.each(compilers)('with $name', ({ from }) => {
  describe.each(resolutions)('resolving as $name', ({ name, options }) => {
    const check = (files: string[], types: string[], more = {}) =>
      compile(from, name, files, { ...options, types, ...more })

    test('a consumer of everything compiles', async () => {
      expect(await check(everything, ['node'])).toMatchObject({ stdout: '', code: 0 })
    })

    test('with the types of the oldest Node, too', async () => {
      const oldest = { typeRoots: ['node_modules/@oldest'] }
      expect(await check(everything, ['node'], oldest)).toMatchObject({ stdout: '', code: 0 })
    })

    test('core and lifecycle need neither the types of Node nor the DOM', async () => {
      expect(await check(['core.ts', 'lifecycle.ts'], [])).toMatchObject({ stdout: '', code: 0 })
    })

    test('a wrong use is refused', async () => {
      expect((await check(['wrong.ts'], [])).stdout).toMatch(/^wrong\.ts\(4,14\): error TS2322.*\n$/)
    })
  })
})

function compile(
  from: string,
  name: string,
  files: string[],
  options: Record<string, unknown>,
): Promise<Finished> {
  // Without skipLibCheck: the packages' own declarations are checked as well.
  const strict = { strict: true, exactOptionalPropertyTypes: true, noImplicitOverride: true, noEmit: true }
  const compilerOptions = { target: 'es2022', lib: ['es2022'], ...strict, ...options }
  const config = join(project, `tsconfig.${name}.json`)
  writeFileSync(config, JSON.stringify({ compilerOptions, files }))
  const tsc = join(createRequire(from).resolve('typescript/package.json'), '../bin/tsc')
  return command(process.execPath, [tsc, '--project', config, '--pretty', 'false'], { cwd: project })
}
