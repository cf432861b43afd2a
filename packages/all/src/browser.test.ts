import { fileURLToPath } from 'node:url'
import * as core from '@stagcache/core'
import * as disk from '@stagcache/disk'
import * as lifecycle from '@stagcache/lifecycle'
import { build, type Plugin, type Rolldown } from 'vite'
import { describe, expect, test } from 'vitest'
import * as browser from './browser.ts'
import * as all from './index.ts'

const namesOf = (module: object) => Object.keys(module).sort()
const exportOf = (module: object, name: string) => (module as Record<string, unknown>)[name]

describe('@stagcache/all', () => {
  test('has every export of core, disk and lifecycle', () => {
    expect(namesOf(all)).toEqual([...new Set([core, disk, lifecycle].flatMap(namesOf))].sort())
    expect(all).toMatchObject({ ...core, ...disk, ...lifecycle })
  })
})

describe('@stagcache/all in a browser', () => {
  test('has the same exports as elsewhere', () => {
    expect(namesOf(browser)).toEqual(namesOf(all))
  })

  test('has core and lifecycle as they are', () => {
    expect(browser).toMatchObject({ ...core, ...lifecycle })
  })

  test.each(namesOf(disk))('%s says that it needs Node, Bun or Deno, and what to do', name => {
    const Refused = exportOf(browser, name) as new () => object
    class Mine extends Refused {}
    const call = Refused as unknown as () => unknown
    for (const use of [() => new Refused(), () => new Mine(), () => call()]) {
      const error = thrownBy(use)
      expect(core.isCacheError(error, 'unsupported')).toBe(true)
      expect((error as Error).message).toMatch(new RegExp(`^${name} needs Node, Bun or Deno: .+\\. .+`))
    }
  })

  test('new DiskCache() names the way out', () => {
    expect(() => new browser.DiskCache()).toThrow(
      'DiskCache needs Node, Bun or Deno: a browser has no such disk. Keep values in memory (new Cache(), keys without "/"), or give the cache a store that works here: new Cache({ store }).',
    )
  })

  test('a value can be asked whether it is one of the disk', () => {
    expect(new core.Cache() instanceof browser.DiskCache).toBe(false)
    expect(new Error() instanceof browser.DiskError).toBe(false)
  })

  test.each(namesOf(disk))('every static method of %s is known', name => {
    expect(staticMethodsOf(exportOf(browser, name))).toEqual(staticMethodsOf(exportOf(disk, name)))
  })

  test('is what a bundler for browsers takes, and nothing of disk is in the bundle', async () => {
    const { code, modules, imports } = await bundleForBrowser()
    expect(modules.some(id => id.endsWith('/packages/all/src/browser.ts'))).toBe(true)
    expect(modules.filter(id => /packages\/disk|xxhash|__vite-browser-external/.test(id))).toEqual([])
    expect(imports).not.toContain('@stagcache/disk')
    expect(code).not.toMatch(/["']node:/)
  })
})

function thrownBy(task: () => unknown): unknown {
  try {
    task()
  } catch (error) {
    return error
  }
  return undefined
}

function staticMethodsOf(value: unknown): string[] {
  const own = Object.getOwnPropertyNames(value).filter(
    name => !['length', 'name', 'prototype', 'arguments', 'caller'].includes(name),
  )
  return own.filter(name => typeof (value as Record<string, unknown>)[name] === 'function')
}

async function bundleForBrowser(): Promise<{ code: string; modules: string[]; imports: string[] }> {
  const imports: string[] = []
  const recorder: Plugin = {
    name: 'recorder',
    enforce: 'pre',
    resolveId: source => {
      imports.push(source)
      return null
    },
  }
  const entry = fileURLToPath(new URL('../test/everything.ts', import.meta.url))
  const [result] = (await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [recorder],
    root: fileURLToPath(new URL('..', import.meta.url)),
    resolve: { conditions: ['@stagcache/source', 'browser', 'module', 'import', 'default'] },
    build: { write: false, minify: false, lib: { entry, formats: ['es'] } },
  })) as Rolldown.RolldownOutput[]
  const outputs: readonly (Rolldown.OutputChunk | Rolldown.OutputAsset)[] = result?.output ?? []
  const chunks = outputs.filter(output => output.type === 'chunk')
  return {
    imports,
    code: chunks.map(({ code }) => code).join('\n'),
    modules: chunks.flatMap(({ moduleIds }) => moduleIds),
  }
}
