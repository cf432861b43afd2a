import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/** What the figures of a run depend on. */
export interface Environment {
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly platform: string
  readonly node: string
  readonly rivals: Readonly<Record<string, string>>
}

const packages = [
  'lmdb',
  'better-sqlite3',
  'keyv',
  '@keyv/sqlite',
  'cacache',
  'unstorage',
  'flat-cache',
  'memoize-fs',
  'lru-cache',
  'quick-lru',
  'cacheable',
  'cache-manager',
  'bentocache',
  'ocache',
  'async-cache-dedupe',
  'p-memoize',
  'memoize',
]

export function environment(): Environment {
  const processors = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    rivals: Object.fromEntries(packages.map(name => [name, versionOf(name)])),
  }
}

export function environmentText({ date, cpu, cores, platform, node, rivals }: Environment): string {
  const versions = Object.entries(rivals).map(([name, version]) => `${name} ${version}`)
  return `${date}, Node ${node}, ${platform}, ${cpu}, ${cores} cores\n${versions.join(', ')}`
}

function versionOf(name: string): string {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(fileURLToPath(manifest), 'utf8')) as { version: string }).version
}
