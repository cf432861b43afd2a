import { fileURLToPath } from 'node:url'
import { createServer, createServerModuleRunner, type ViteDevServer } from 'vite'
import { expect, onTestFinished, test } from 'vitest'

const conditions = ['@stagcache/source', 'module', 'node', 'development']

async function serve(): Promise<ViteDevServer> {
  const server = await createServer({
    root: fileURLToPath(new URL('.', import.meta.url)),
    configFile: false,
    appType: 'custom',
    logLevel: 'error',
    server: { middlewareMode: true, ws: false },
    ssr: { resolve: { conditions } },
  })
  onTestFinished(() => server.close())
  return server
}

test('a module that Vite replaces goes on with its cache, and with the session', async () => {
  const server = await serve()
  const { ssr } = server.environments
  const runner = createServerModuleRunner(ssr)
  const load = () => runner.import('/replaced.ts') as Promise<typeof import('./replaced.ts')>
  const first = await load()
  const [module] =
    ssr.moduleGraph.getModulesByFile(fileURLToPath(new URL('replaced.ts', import.meta.url))) ?? []
  if (!module) throw new Error('Vite does not know the module.')
  await ssr.reloadModule(module)
  let second = await load()
  for (let turn = 0; second === first && turn < 200; turn++) {
    await new Promise(resolve => setTimeout(resolve, 20))
    second = await load()
  }
  expect(second).not.toBe(first)
  expect(second.cache).toBe(first.cache)
  expect(second.table).toBe(first.table)
  expect(second.session).toBe(first.session)

  // Everything anew, StagCache included: another class, the same session.
  runner.clearCache()
  const third = await load()
  expect(third.cache.constructor).not.toBe(first.cache.constructor)
  expect(third.session).toBe(first.session)
}, 60_000)
