import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const applications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Without these Chromium wants a sandbox, which containers lack, a graphics card, and the network. */
export const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * The path of a Chromium: the one that `STAGCACHE_BROWSER` names, the machine's own, or playwright's.
 * Undefined where there is none, and with `STAGCACHE_BROWSER=none`.
 *
 * @returns {string | undefined}
 */
export function findBrowser() {
  const named = process.env.STAGCACHE_BROWSER
  return named ? [named].find(isExecutable) : candidates().find(isExecutable)
}

/**
 * Finds a browser that starts, installing one where this machine allows it.
 *
 * @returns {Promise<{ path: string } | { path: undefined, reason: string }>}
 */
export async function provideBrowser() {
  if (process.env.STAGCACHE_BROWSER === 'none')
    return { path: undefined, reason: 'STAGCACHE_BROWSER is "none"' }
  let path = await firstThatStarts()
  if (path) return { path }
  if (process.env.STAGCACHE_BROWSER) {
    return {
      path: undefined,
      reason: `STAGCACHE_BROWSER names "${process.env.STAGCACHE_BROWSER}", which does not start`,
    }
  }
  for (const install of [installWithApt, installWithPlaywright]) {
    if (install()) path = await firstThatStarts()
    if (path) return { path }
  }
  return { path: undefined, reason: 'no Chromium was found, and none could be installed' }
}

function candidates() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/snap/bin']
  return [
    ...folders.flatMap(folder => names.map(name => join(folder, name))),
    ...applications,
    playwright().chromium.executablePath(),
  ]
}

async function firstThatStarts() {
  const named = process.env.STAGCACHE_BROWSER
  for (const path of (named ? [named] : candidates()).filter(isExecutable)) {
    if (await starts(path)) return path
  }
}

/** Some machines have a `chromium` that only tells how to install one, or that lacks libraries. */
async function starts(path) {
  try {
    const browser = await playwright().chromium.launch({
      executablePath: path,
      args: launchArguments,
      timeout: 30_000,
    })
    await browser.close()
    return true
  } catch {
    return false
  }
}

function installWithApt() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !runs('apt-get', ['--version'], 10))
    return false
  console.log('Installing Chromium with apt-get, for the tests that run in a browser.')
  process.env.DEBIAN_FRONTEND = 'noninteractive'
  return (
    runs('apt-get', ['update'], 120) &&
    runs('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], 300)
  )
}

function installWithPlaywright() {
  console.log('Installing Chromium with playwright, for the tests that run in a browser.')
  return runs(process.execPath, [join(playwrightFolder(), 'cli.js'), 'install', 'chromium'], 240)
}

function runs(command, args, seconds) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: seconds * 1000 }).status === 0
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

// Looked up when needed: scripts/test.mjs reads this file before anything is installed.
function playwright() {
  return createRequire(import.meta.url)('playwright')
}

function playwrightFolder() {
  return join(createRequire(import.meta.url).resolve('playwright/package.json'), '..')
}
