import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { succeed } from '@stagcache/runtimes'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of a project that has installed the packed packages and nothing else of this workspace. */
    project: string
    /** Package name to its tarball. */
    tarballs: Record<string, string>
  }
}

const workspace = fileURLToPath(new URL('../../..', import.meta.url))
const files = fileURLToPath(new URL('../project', import.meta.url))

/** Packs the packages as they are built, and installs them into an empty project. */
export default async function install(vitest: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'stagcache-packed-'))
  const project = join(folder, 'project')
  const tarballs = await pack(join(folder, 'tarballs'))
  cpSync(files, project, { recursive: true })
  writeFileSync(join(project, 'package.json'), manifest(tarballs))
  await succeed('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: project,
  })
  vitest.provide('project', project)
  vitest.provide('tarballs', tarballs)
  return () => rmSync(folder, { recursive: true, force: true })
}

async function pack(destination: string): Promise<Record<string, string>> {
  mkdirSync(destination)
  const { packageManager } = readJson(join(workspace, 'package.json')) as { packageManager: string }
  const names = readdirSync(join(workspace, 'packages'))
  const filters = names.map(name => `--filter=./packages/${name}`)
  const arguments_ = ['--yes', packageManager, ...filters, 'pack', '--pack-destination', destination]
  await succeed('npx', arguments_, { cwd: workspace })
  return Object.fromEntries(
    readdirSync(destination).map(file => [
      file.replace(/^stagcache-(.*)-\d.*$/, '@stagcache/$1'),
      join(destination, file),
    ]),
  )
}

function manifest(tarballs: Record<string, string>): string {
  const own = readJson(fileURLToPath(new URL('../node_modules/@types/node/package.json', import.meta.url)))
  const dependencies = Object.fromEntries(
    Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`]),
  )
  const devDependencies = {
    '@types/node': (own as { version: string }).version,
    // Those of the oldest Node that is promised: a root of types in which nothing else is.
    '@oldest/node': 'npm:@types/node@20.19.43',
    // For the README of core; without an SDK it records nothing.
    '@opentelemetry/api': '1.10.0',
    typescript: '5.9.3',
  }
  return JSON.stringify({ name: 'consumer', private: true, dependencies, devDependencies }, null, 2)
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
