import { createRequire } from 'node:module'
import { join } from 'node:path'
import { command, succeed } from '@stagcache/runtimes'
import { describe, expect, inject, test } from 'vitest'

const { resolve } = createRequire(import.meta.url)
const publint = join(resolve('publint'), '../cli.js')
const attw = join(resolve('@arethetypeswrong/cli/package.json'), '../dist/index.js')

describe.each(Object.entries(inject('tarballs')))('%s', (_name, tarball) => {
  test('satisfies publint', async () => {
    const { code, stdout, stderr } = await command(process.execPath, [publint, 'run', tarball, '--strict'])
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining('All good!') })
  })

  test('has types that say what the code does', async () => {
    const { code, stdout } = await command(process.execPath, [
      attw,
      tarball,
      '--profile',
      'esm-only',
      '--no-color',
    ])
    expect(code, stdout).toBe(0)
  })

  test('contains what its users need and nothing else', async () => {
    const files = (await succeed('tar', ['-tzf', tarball])).trim().split('\n')
    expect(files).toContain('package/LICENSE')
    expect(files).toContain('package/dist/index.js')
    expect(files).toContain('package/src/index.ts')
    expect(files.filter(file => /\.test(-d)?\.|tsbuildinfo|tsconfig|vitest/.test(file))).toEqual([])
  })
})
