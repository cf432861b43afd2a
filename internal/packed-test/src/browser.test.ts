import { join } from 'node:path'
import { chromium } from 'playwright'
import { build, type Rolldown } from 'vite'
import { expect, inject, test } from 'vitest'
import { findBrowser, launchArguments } from '../../../scripts/browser.mjs'

const project = inject('project')

test('a bundle of @stagcache/all works in a browser, and refuses a disk cache there', async ({
  task,
  skip,
}) => {
  const code = await bundle(join(project, 'browser.mjs'))
  const executablePath = findBrowser()
  if (!executablePath) {
    Object.assign(task.meta, { skipped: 'no browser on this machine' })
    return skip('no browser on this machine')
  }
  const outcome = await runInPage(executablePath, code)
  expect(outcome).toMatchObject({ first: 1, second: 1, component: 'function' })
  expect(outcome).toHaveProperty('disk', expect.stringContaining('browser'))
})

test('a bundle of @stagcache/all for a browser contains nothing of Node', async () => {
  expect(await bundle(join(project, 'browser.mjs'))).not.toMatch(/node:|\brequire\(|__vite-browser-external/)
})

async function bundle(entry: string): Promise<string> {
  const output = (await build({
    root: project,
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, rolldownOptions: { input: entry } },
  })) as Rolldown.RolldownOutput
  expect(output.output).toHaveLength(1)
  return output.output[0].code
}

async function runInPage(executablePath: string, code: string): Promise<unknown> {
  const browser = await chromium.launch({ executablePath, args: launchArguments })
  try {
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', error => problems.push(error.message))
    await page.addScriptTag({ content: code, type: 'module' })
    await page
      .waitForFunction('globalThis.outcome !== undefined', undefined, { timeout: 10_000 })
      .catch(() => {})
    expect(problems).toEqual([])
    return await page.evaluate('globalThis.outcome')
  } finally {
    await browser.close()
  }
}
