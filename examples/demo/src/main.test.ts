import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiskStore } from '@stagcache/disk'
import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'

const main = new URL('./main.ts', import.meta.url)

describe('the demo', { timeout: 60_000 }, () => {
  test('fits a terminal of 80 columns, says what happened, draws a page, can be repeated and cleared', async () => {
    const dir = temporaryDirectory()
    const { code, stdout, stderr } = await inProcess(main, '--width', '36', '--dir', dir).outcome
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.split('\n').filter(line => !line.includes(dir))
    expect(lines.filter(line => line.length > 80)).toEqual([])
    for (const words of ['computed in', 'read in', 'times faster', 'Point Nemo', '--clear']) {
      expect(stdout).toContain(words)
    }
    expect(stdout).toContain(join(dir, 'map.html'))
    expect(readdirSync(dir).sort()).toEqual(['.stagcache', 'map.html'])
    checkPage(readFileSync(join(dir, 'map.html'), 'utf8'))

    const again = await inProcess(main, '--width', '36', '--dir', dir).outcome
    expect(again.stdout).toContain('in an earlier run')
    const cleared = await inProcess(main, '--clear', '--dir', dir).outcome
    expect(cleared).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing is stored') })
    expect(existsSync(join(dir, 'map.html'))).toBe(false)
    const store = new DiskStore({ dir: join(dir, '.stagcache') })
    expect(await store.read('./coast-distances')).toBeUndefined()
    await store.close()
  })

  test.each([
    { args: ['--width', '7'], says: '7 pixels wide' },
    { args: ['--widht', '8'], says: '--widht' },
  ])('refuses $args', async ({ args, says }) => {
    const { code, stderr } = await inProcess(main, ...args).outcome
    expect(code).toBe(1)
    expect(stderr).toContain(says)
  })

  test('tells what it can do', async () => {
    expect((await inProcess(main, '--help').outcome).stdout).toContain('npm run demo -- --clear')
  })
})

function checkPage(page: string): void {
  const [head, rest] = page.split('href="data:image/png;base64,iVBORw0KGgo')
  const text = head! + rest!.slice(rest!.indexOf('"'))
  expect(text).toContain('Point Nemo')
  // It needs no other file, and every number in it is one.
  expect(text).not.toMatch(/\b(?:src|href)=|url\(|NaN|undefined/)
}
