import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config'
import type { Reporter } from 'vitest/node'
import { findBrowser, launchArguments } from './scripts/browser.mjs'

const source = '@stagcache/source'
const tests = ['src/**/*.test.ts', 'test/**/*.test.ts']
const nodeOnly = ['**/*.node.test.ts']
/** The runtime that `npm run test:runtimes` runs the tests in, such as "bun 1.4.4". */
const runtime = process.env['STAGCACHE_RUNTIME']

/**
 * The configuration of one package's tests; `browser` runs those that do not need Node in Chromium too, `setupFiles` run
 * before each file of tests in Node.
 */
export function suite(options: { browser?: boolean; setupFiles?: string[] } = {}): ViteUserConfig {
  const projects: TestProjectInlineConfiguration[] = [inNode(options.setupFiles ?? [])]
  const browser = findBrowser()
  if (options.browser) projects.push(browser ? inBrowser(browser) : withoutBrowser())
  return defineConfig({
    // One condition makes workspace packages resolve to their source: no test ever waits for a build, or runs on an old one.
    resolve: { conditions: [source, ...defaultClientConditions] },
    ssr: { resolve: { conditions: [source, ...defaultServerConditions], externalConditions: [source] } },
    server: { host: '127.0.0.1' },
    test: {
      projects,
      passWithNoTests: true,
      // What the default one does when a test fails, Node 20 cannot.
      reporters: [
        runtime ? progress : 'default',
        ['json', { outputFile: join('test-results', runtime ?? '', 'vitest.json') }],
      ],
    },
  })
}

// Who has to end a run learns from it what was running.
const progress: Reporter = {
  onTestModuleStart: ({ relativeModuleId }) => console.log(`begun ${relativeModuleId}`),
  onTestModuleEnd: ({ relativeModuleId }) => console.log(`ended ${relativeModuleId}`),
}

function inNode(setupFiles: string[]): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: 'node',
      include: tests,
      setupFiles: runtime
        ? [fileURLToPath(new URL('scripts/expect-runtime.ts', import.meta.url)), ...setupFiles]
        : setupFiles,
      // In Node 20 and 22 deep values reach the end of the stack first; Vitest takes an import for undefined there.
      execArgv: runtime?.startsWith('node') ? ['--stack-size=2000'] : [],
      // Vitest cannot talk to the processes that Bun forks.
      pool: process.versions['bun'] ? 'threads' : 'forks',
      typecheck: {
        // Types are the same everywhere.
        enabled: runtime === undefined,
        checker: 'tsc',
        tsconfig: 'tsconfig.test.json',
        include: ['{src,test}/**/*.test-d.ts'],
        // Errors outside the type tests are what `typecheck` reports; here they would belong to no test.
        ignoreSourceErrors: true,
      },
    },
  }
}

function inBrowser(executablePath: string): TestProjectInlineConfiguration {
  return {
    extends: true,
    // Found only while the tests run, a dependency would make the page reload in the middle of them.
    optimizeDeps: { include: ['fast-check'] },
    test: {
      name: 'browser',
      include: tests,
      exclude: nodeOnly,
      api: { host: '127.0.0.1' },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: launchArguments } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  }
}

/** Collects what would have run in the browser and skips it, so that the count tells what is missing. */
function withoutBrowser(): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: 'browser',
      include: tests,
      exclude: nodeOnly,
      setupFiles: [fileURLToPath(new URL('scripts/no-browser.ts', import.meta.url))],
    },
  }
}
