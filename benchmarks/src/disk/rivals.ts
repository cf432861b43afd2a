import type { Rival } from './store.ts'

/** All rivals by name. Each is loaded only when it is asked for, so that a process has no other in its memory. */
const rivals = {
  StagCache: async (): Promise<Rival> => (await import('./rivals/stagcache.ts')).stagCache,
  lmdb: async (): Promise<Rival> => (await import('./rivals/lmdb.ts')).lmdb,
  'lmdb noSync': async (): Promise<Rival> => (await import('./rivals/lmdb.ts')).lmdbWithoutSync,
  'better-sqlite3': async (): Promise<Rival> => (await import('./rivals/better-sqlite3.ts')).betterSqlite3,
  'keyv (SQLite)': async (): Promise<Rival> => (await import('./rivals/keyv.ts')).keyv,
  cacache: async (): Promise<Rival> => (await import('./rivals/cacache.ts')).fileCacache,
  'unstorage fs': async (): Promise<Rival> => (await import('./rivals/unstorage.ts')).unstorage,
  'flat-cache': async (): Promise<Rival> => (await import('./rivals/flat-cache.ts')).flatCache,
  'memoize-fs': async (): Promise<Rival> => (await import('./rivals/memoize-fs.ts')).fileMemoize,
  'lmdb, copied': async (): Promise<Rival> => (await import('./rivals/lmdb.ts')).lmdbCopied,
  readFile: async (): Promise<Rival> => (await import('./rivals/plain-file.ts')).plainFile,
  'bare read': async (): Promise<Rival> => (await import('./rivals/plain-file.ts')).bareRead,
}

export type RivalName = keyof typeof rivals

/** Everybody who keeps entries, StagCache first. */
export const everybody = [
  'StagCache',
  'lmdb',
  'lmdb noSync',
  'better-sqlite3',
  'keyv (SQLite)',
  'cacache',
  'unstorage fs',
  'flat-cache',
  'memoize-fs',
] as const satisfies readonly RivalName[]

/** Those of them that keep files of text, which StagCache is to leave far behind where values are small. */
export const fileBased = [
  'cacache',
  'unstorage fs',
  'flat-cache',
  'memoize-fs',
] as const satisfies readonly RivalName[]

/** What it costs to have the bytes of a large array, for orientation. */
export const reads = ['lmdb, copied', 'readFile', 'bare read'] as const satisfies readonly RivalName[]

export function rivalOf(name: RivalName): Promise<Rival> {
  return rivals[name]()
}

export function rivalsOf(names: readonly RivalName[]): Promise<Rival[]> {
  return Promise.all(names.map(rivalOf))
}
