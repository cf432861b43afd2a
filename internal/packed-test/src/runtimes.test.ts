import { join } from 'node:path'
import { findRuntimes, type Runtime, succeed } from '@stagcache/runtimes'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, inject, type TestContext, test } from 'vitest'

const project = inject('project')
const ways = [
  { way: 'import', script: (name: string) => `import-${name}.mjs` },
  { way: 'require', script: (name: string) => `require-${name}.cjs` },
] as const

describe.each(await findRuntimes())('$name', runtime => {
  describe.each(ways)('$way', ({ script }) => {
    const use = (context: TestContext, name: string, ...args: string[]) =>
      run(context, runtime, script(name), args)

    test('core: a hit, a miss, another version', async context => {
      expect(await use(context, 'core')).toEqual({
        first: { rows: 10 },
        same: true,
        other: { rows: 20 },
        missing: 'absent',
      })
    })

    test('disk: what one process sets, another gets', async context => {
      const dir = temporaryDirectory()
      expect(await use(context, 'disk', 'get', dir)).toEqual({ kept: false })
      expect(await use(context, 'disk', 'set', dir)).toEqual({ kept: true })
      expect(await use(context, 'disk', 'get', dir)).toEqual({ kept: true })
    })

    test('core/testing: the disk store keeps every promise of the contract', async context => {
      const outcome = await use(context, 'testing', temporaryDirectory())
      expect(outcome).toEqual({ tests: expect.any(Number), failures: [] })
      expect(outcome).not.toMatchObject({ tests: 0 })
    })

    test('lifecycle: load and unload', async context => {
      expect(await use(context, 'lifecycle')).toEqual({ states: [false, true, 'pixels', false, 'gone'] })
    })

    test('all: everything in one import', async context => {
      expect(await use(context, 'all')).toEqual({ names: ['Cache', 'DiskCache', 'CacheComponent'] })
    })
  })
})

async function run(context: TestContext, runtime: Runtime, script: string, args: string[]): Promise<unknown> {
  if (!runtime.command) {
    const reason = `${runtime.name} is not on this machine`
    Object.assign(context.task.meta, { skipped: reason })
    return context.skip(reason)
  }
  const [file, ...before] = runtime.command
  const env = {
    DENO_DIR: temporaryDirectory(),
    DENO_NO_UPDATE_CHECK: '1',
    DO_NOT_TRACK: '1',
    NODE_OPTIONS: '',
  }
  const output = await succeed(file, [...before, join(project, script), ...args], { cwd: project, env })
  return JSON.parse(output.trim().split('\n').at(-1) ?? '')
}
