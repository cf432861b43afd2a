import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender, Suite } from '../row.ts'
import { Child } from './child.ts'
import { type CommonEntry, faultOf, itemOf, nameOf } from './common-entries.ts'
import { proveRival } from './gate.ts'
import { fill } from './operations.ts'
import type { SharingReport, SharingTask } from './programs/sharing.ts'
import { everybody, type RivalName, rivalOf } from './rivals.ts'

const program = new URL('programs/sharing.ts', import.meta.url)
const processes = 8
const entries = 100
const warmUpMilliseconds = 3_000
const milliseconds = 3_000

/** Several processes at once on one directory, each of which reads what all of them write. */
export const sharing: Suite = {
  topics: ['disk', 'disk-large'],
  title: `Eight processes, each with ${entries} entries of 400 bytes, three reads for each write`,
  quick: false,
  async open(dir, share) {
    const scale = {
      processes: Math.max(2, Math.ceil(processes * share)),
      entries: Math.ceil(entries * share),
      warmUpMilliseconds: warmUpMilliseconds * share,
      milliseconds: milliseconds * share,
    }
    const contenders = everybody.map(name => sharingOf(name, dir, scale))
    const row = { name: 'in all', unit: 'rate', reported: true, rounds: 3, contenders } as const
    return { tables: [{ title: sharing.title, rows: [row] }], close: async () => {} }
  },
}

type Scale = Pick<SharingTask, 'processes' | 'entries' | 'warmUpMilliseconds' | 'milliseconds'>

function sharingOf(rival: RivalName, dir: string, scale: Scale): Contender {
  return {
    name: rival,
    operations: 1,
    prove: async () => proveRival(await rivalOf(rival), dir),
    async run() {
      const own = mkdtempSync(join(dir, 'sharing-'))
      try {
        await prepare(rival, own, scale)
        const reports = await reportsOf(rival, own, scale)
        await expectRight(rival, own, reports)
        const operations = reports.reduce((sum, report) => sum + report.operations, 0)
        return (scale.milliseconds * 1e6) / operations
      } finally {
        rmSync(own, { recursive: true, force: true })
      }
    },
  }
}

async function prepare(rival: RivalName, dir: string, { processes, entries }: Scale): Promise<void> {
  const store = await (await rivalOf(rival)).open(dir, 'JSON')
  const all = Array.from({ length: processes }, (_, owner) => entriesOf(owner, entries)).flat()
  await fill(
    store,
    all.map(nameOf),
    all.map(entry => itemOf(entry, 0)),
  )
  await store.settle?.()
  await store.close()
}

async function reportsOf(rival: RivalName, dir: string, scale: Scale): Promise<SharingReport[]> {
  const children = Array.from(
    { length: scale.processes },
    (_, owner) => new Child(program, { rival, dir, owner, ...scale } satisfies SharingTask),
  )
  try {
    await Promise.all(children.map(child => child.message()))
    for (const child of children) child.send('go')
    return await Promise.all(children.map(child => child.message<SharingReport>()))
  } finally {
    await Promise.all(children.map(child => child.end()))
  }
}

async function expectRight(rival: RivalName, dir: string, reports: readonly SharingReport[]): Promise<void> {
  const operations = reports.reduce((sum, report) => sum + report.operations, 0)
  const wrong = reports.reduce((sum, report) => sum + report.wrongReads, 0)
  const lost = await lostWrites(rival, dir, reports)
  if (wrong === 0 && lost.length === 0) return
  const example = reports.find(({ fault }) => fault !== undefined)?.fault ?? lost[0]
  const [all, bad, gone] = [operations, wrong, lost.length].map(count => count.toLocaleString('en'))
  throw new Error(
    `Of ${all} operations ${bad} read wrongly, and in the end ${gone} writes were lost: ${example}.`,
  )
}

/** Which entries are not at the last revision that their owner has written. */
async function lostWrites(
  rival: RivalName,
  dir: string,
  reports: readonly SharingReport[],
): Promise<string[]> {
  const store = await (await rivalOf(rival)).open(dir, 'JSON')
  const lost: string[] = []
  for (const [owner, { revisions }] of reports.entries()) {
    for (const entry of entriesOf(owner, revisions.length)) {
      const fault = faultOf(await store.get(nameOf(entry)), entry, revisions[entry.index] ?? 0)
      if (fault !== undefined) lost.push(fault)
    }
  }
  await store.close()
  return lost
}

function entriesOf(owner: number, count: number): CommonEntry[] {
  return Array.from({ length: count }, (_, index) => ({ owner, index }))
}
