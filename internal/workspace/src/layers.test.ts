import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { importsOf } from './imports.ts'
import { type Exception, type ImportGraph, type Layer, unusedExceptions, violations } from './layers.ts'

const layers: Record<string, Layer> = {
  core: { below: [], node: false, dependencies: [] },
  disk: { below: ['core'], node: true, dependencies: ['msgpackr', 'xxhash-wasm'] },
  lifecycle: { below: ['core'], node: false, dependencies: [] },
  all: { below: ['core', 'disk', 'lifecycle'], node: false, dependencies: [] },
}

const fileSystem = 'the file system is imported here and nowhere else'
const exceptions: Exception[] = [
  ['files', 'node:fs'],
  ['files', 'node:fs/promises'],
  ['open-files', 'node:fs'],
  ['whole-files', 'node:fs'],
  ['whole-files', 'node:fs/promises'],
].map(([name, imports = '']) => ({ file: `packages/disk/src/${name}.ts`, imports, reason: fileSystem }))

const workspace = fileURLToPath(new URL('../../..', import.meta.url))

describe('the layers of the packages', () => {
  const files = globSync('packages/*/src/**/*.ts', { cwd: workspace }).map(path => path.replaceAll('\\', '/'))
  const graph = new Map(
    files.map(path => [path, importsOf(path, readFileSync(`${workspace}${path}`, 'utf8'))]),
  )

  test('every package is looked at', () => {
    expect([...new Set(files.map(path => path.split('/')[1]))].sort()).toEqual(Object.keys(layers).sort())
  })

  test('no import points upward, out of its package, at Node where there may be none, or round in a circle', () => {
    expect(violations(graph, layers, exceptions)).toEqual([])
  })

  test('no exception has outlived its reason', () => {
    expect(unusedExceptions(graph, exceptions)).toEqual([])
  })
})

describe('an import is found', () => {
  test.each([
    { code: "import { a } from 'm'", form: 'static' },
    { code: "import type { A } from 'm'", form: 'of a type' },
    { code: "import { type A } from 'm'", form: 'of a type among others' },
    { code: "import 'm'", form: 'for its effect' },
    { code: "export { a } from 'm'", form: 'exported from' },
    { code: "export type { A } from 'm'", form: 'a type exported from' },
    { code: "export * from 'm'", form: 'everything exported from' },
    { code: "const a = () => import('m')", form: 'dynamic' },
    { code: "let a: import('m').A", form: 'inside a type' },
    { code: "import a = require('m')", form: 'of CommonJS' },
    { code: "const a = require('m')", form: 'of require' },
  ])('$form: $code', ({ code }) => {
    expect(importsOf('file.ts', code)).toEqual(['m'])
  })

  test('computed', () => {
    expect(importsOf('file.ts', 'const a = (name: string) => import(name)')).toEqual(['(computed)'])
  })

  test('not in a comment or a text', () => {
    expect(importsOf('file.ts', `// import 'm'\nconst a = "import 'm'"; export { a }`)).toEqual([])
  })
})

describe('an import is refused', () => {
  const core = 'packages/core/src/key.ts'
  const disk = 'packages/disk/src/log.ts'

  test.each([
    { file: core, imports: '@stagcache/disk', reason: 'disk is not below core' },
    { file: core, imports: '@stagcache/lifecycle', reason: 'lifecycle is not below core' },
    { file: disk, imports: '@stagcache/lifecycle', reason: 'lifecycle is not below disk' },
    { file: disk, imports: '@stagcache/all', reason: 'all is not below disk' },
    { file: disk, imports: '@stagcache/disk', reason: 'a package does not import itself' },
    { file: core, imports: 'node:crypto', reason: 'core runs without Node' },
    {
      file: 'packages/lifecycle/src/component.ts',
      imports: 'node:events',
      reason: 'lifecycle runs without Node',
    },
    { file: core, imports: 'msgpackr', reason: 'core may not depend on it' },
    { file: core, imports: 'fs', reason: 'core may not depend on it' },
    { file: disk, imports: 'node:fs', reason: 'only files.ts touches the file system' },
    { file: disk, imports: 'node:fs/promises', reason: 'only files.ts touches the file system' },
    { file: disk, imports: '../../core/src/key.ts', reason: "it reaches into another package's files" },
    { file: disk, imports: './record.js', reason: "a relative import names the file, with '.ts'" },
    { file: disk, imports: './record.test.ts', reason: 'it imports a test' },
    { file: disk, imports: '(computed)', reason: 'an import of a computed name hides what it imports' },
    { file: 'packages/core/src/key.test.ts', imports: '@stagcache/disk', reason: 'disk is not below core' },
    { file: 'packages/redis/src/index.ts', imports: 'redis', reason: 'redis has no place among the layers' },
  ])('$imports in $file: $reason', ({ file, imports, reason }) => {
    expect(violations(graphOf({ [file]: [imports] }), layers, exceptions)).toEqual([
      `${file} imports ${imports}: ${reason}`,
    ])
  })

  test('that closes a cycle', () => {
    const graph = graphOf({
      'packages/core/src/b.ts': ['./deep/c.ts'],
      'packages/core/src/a.ts': ['./b.ts', './d.ts'],
      'packages/core/src/deep/c.ts': ['../a.ts', '../d.ts'],
      'packages/core/src/d.ts': [],
    })
    const [a, b, c] = ['packages/core/src/a.ts', 'packages/core/src/b.ts', 'packages/core/src/deep/c.ts']
    expect(violations(graph, layers)).toEqual([`import cycle: ${a} -> ${b} -> ${c} -> ${a}`])
  })
})

describe('an import is accepted', () => {
  test.each([
    { file: 'packages/disk/src/log.ts', imports: '@stagcache/core' },
    { file: 'packages/disk/src/log.ts', imports: 'node:path' },
    { file: 'packages/disk/src/files.ts', imports: 'node:fs' },
    { file: 'packages/disk/src/codec.ts', imports: 'msgpackr' },
    { file: 'packages/disk/src/codec.ts', imports: 'msgpackr/pack' },
    { file: 'packages/all/src/index.ts', imports: '@stagcache/disk' },
    { file: 'packages/core/src/key.test.ts', imports: 'vitest' },
    { file: 'packages/core/src/key.node.test.ts', imports: 'node:fs' },
    { file: 'packages/core/src/key.test.ts', imports: '@stagcache/test-kit' },
  ])('$imports in $file', ({ file, imports }) => {
    expect(violations(graphOf({ [file]: [imports] }), layers, exceptions)).toEqual([])
  })
})

function graphOf(files: Record<string, string[]>): ImportGraph {
  return new Map(Object.entries(files))
}
