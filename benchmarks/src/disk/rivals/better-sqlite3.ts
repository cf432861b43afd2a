import { join } from 'node:path'
import Database from 'better-sqlite3'
import { bytesOf, floatsOf } from '../float-bytes.ts'
import type { Rival } from '../store.ts'

/** One table of names and values, in WAL mode, as its README and docs/performance.md recommend. */
export const betterSqlite3: Rival = {
  name: 'better-sqlite3',
  open(dir, kind) {
    const database = new Database(join(dir, 'data.sqlite'))
    database.pragma('journal_mode = WAL')
    database.exec('CREATE TABLE IF NOT EXISTS entries (name TEXT PRIMARY KEY, value NOT NULL)')
    const select = database
      .prepare<[string], string | Buffer>('SELECT value FROM entries WHERE name = ?')
      .pluck()
    const upsert = database.prepare(
      'INSERT INTO entries VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
    const remove = database.prepare('DELETE FROM entries WHERE name = ?')
    const encode = kind === 'JSON' ? JSON.stringify : bytesOf
    const decode = (kind === 'JSON' ? JSON.parse : floatsOf) as (stored: string | Buffer) => unknown
    const set = (name: string, value: unknown) => upsert.run(name, encode(value))
    return {
      get(name) {
        const stored = select.get(name)
        return stored === undefined ? undefined : decode(stored)
      },
      set,
      setTogether: database.transaction((names: readonly string[], values: readonly unknown[]) => {
        for (const [index, name] of names.entries()) set(name, values[index])
      }),
      delete: name => remove.run(name),
      reclaim() {
        database.exec('VACUUM')
        database.pragma('wal_checkpoint(TRUNCATE)')
      },
      close: () => database.close(),
    }
  },
}
