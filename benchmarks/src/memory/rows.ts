import type { Item } from '../data.ts'
import type { Absence, Contender, Row, Target } from '../row.ts'
import { Field, type Holding } from './holding.ts'
import { loopOf } from './loop.ts'
import { everybody } from './rivals.ts'

/** How many hits one sample is, of those who take no longer than others. */
const hits = 200_000
const mostChanges = 10_000

type Generating = 'generate' | 'generateLater'

/** Looking up what is there. */
export function getRow(name: string, holdings: readonly Holding[], share: number): Row {
  const contenders = withVerb(holdings, 'get').map(holding => hitsOf(holding, 'get', share))
  const row = rowOf(name, contenders, 'It only calls functions.')
  const nearMap: Target = { measure: 'time', against: 'Map', limit: 1.5 }
  const isThere = contenders.some(({ name }) => name === nearMap.against)
  return isThere ? { ...row, targets: [nearMap, ...(row.targets ?? [])] } : row
}

/** `cache(key, generate)` where there is an entry; beside it, what `get` takes. */
export function generateRow(
  name: string,
  verb: Generating,
  holdings: readonly Holding[],
  share: number,
): Row {
  const contenders = withVerb(holdings, verb).map(holding => hitsOf(holding, verb, share))
  const plain = holdings
    .slice(0, 1)
    .map(holding => ({ ...hitsOf(holding, 'get', share, verb), name: `${holding.rival.name}, get` }))
  const row = rowOf(name, contenders, 'It has no such call.', plain)
  const nearGet: Target = { measure: 'time', against: `${plain[0]?.name}`, limit: 1.3 }
  return { ...row, targets: [nearGet, ...(row.targets ?? [])] }
}

/** Looking up what is not there. */
export function missRow(holdings: readonly Holding[], share: number): Row {
  const [first] = holdings
  const absent = (first?.field.names ?? []).slice(0, hits).map(name => `no-${name}`)
  const contenders = withVerb(holdings, 'get').map(({ rival, open }): Contender => {
    const { names, turns } = portion(absent, share * (rival.share ?? 1))
    const loop = loopOf(rival, 'nothing')
    const work = names.length * turns
    const ask = open.get as (name: string) => unknown
    return {
      name: rival.name,
      operations: work,
      expected: work,
      prove: async () => {
        if ((await ask('no-item')) !== undefined) throw new Error('It had what was never set.')
      },
      run: () => loop(ask, names, [], turns),
    }
  })
  return rowOf('miss', contenders, 'It only calls functions.')
}

/** Storing under new names; they are deleted after each sample. */
export function setRow(holdings: readonly Holding[], share: number): Row {
  const contenders = withVerb(holdings, 'set').map(holding => {
    const { delete: remove } = holding.open
    const fresh = new Field(changes(holding, share), 'new')
    return changing('new', holding, fresh, async () => {
      for (const name of fresh.names) await remove?.(name)
    })
  })
  return rowOf('set', contenders, 'It only calls functions.')
}

/** Storing under names that have an entry. */
export function replaceRow(holdings: readonly Holding[], share: number): Row {
  const contenders = withVerb(holdings, 'set').map(holding =>
    changing('again', holding, partOf(holding.field, changes(holding, share))),
  )
  return rowOf('replace', contenders, 'It only calls functions.')
}

/** Storing new names where there is no more room, so that each lets go of another. */
export function evictRow(holdings: readonly Holding[], share: number): Row {
  const contenders = withVerb(holdings, 'set').map(holding => {
    const count = changes(holding, share)
    let sample = 0
    const fields = ['one', 'two', 'three'].map(prefix => new Field(count, prefix))
    const loop = loopOf(holding.rival, 'calls')
    const set = holding.open.set as (name: string, value: Item) => unknown
    return {
      name: holding.rival.name,
      operations: count,
      expected: count,
      prove: () => proveBound(holding, holding.field.names),
      run: () => {
        const { names, values } = fields[sample++ % fields.length] as Field
        return loop(set, names, values, 1)
      },
      settle: () =>
        proveBound(
          holding,
          fields.flatMap(({ names }) => names),
        ),
    }
  })
  return rowOf('set that evicts', contenders, 'It has no limit, or only calls functions.')
}

// quick-lru says that it holds up to twice as many as it is told.
async function proveBound({ open, setting }: Holding, names: readonly string[]): Promise<void> {
  let held = 0
  for (const name of names) if ((await open.get?.(name)) !== undefined) held++
  if (held > 2 * setting.entries) throw new Error(`It held ${held} entries instead of ${setting.entries}.`)
}

function changing(
  what: string,
  holding: Holding,
  { names, values }: Pick<Field, 'names' | 'values'>,
  after?: () => Promise<void>,
): Contender {
  const { rival, open } = holding
  const loop = loopOf({ ...rival, name: `${rival.name} ${what}` }, 'calls')
  const set = open.set as (name: string, value: Item) => unknown
  return {
    name: rival.name,
    operations: names.length,
    expected: names.length,
    prove: () => holding.prove('get'),
    run: () => loop(set, names, values, 1),
    settle: async () => {
      const last = names.length - 1
      const answer = await open.get?.(names[last] as string)
      if (answer?.id !== values[last]?.id) throw new Error('It did not have what was set last.')
      await after?.()
    },
  }
}

// Who calls with an asynchronous generator awaits the answer, though some answer with the value itself. `like` is the verb
// that is called in the same way.
function hitsOf(holding: Holding, verb: 'get' | Generating, share: number, like = verb): Contender {
  const { rival, open, field } = holding
  const { names, turns } = portion(field.names, share * (rival.share ?? 1))
  const awaited = rival.awaited || like === 'generateLater'
  const loop = loopOf({ name: `${rival.name} ${verb}`, awaited }, 'ids')
  const ask = open[verb] as (name: string) => unknown
  const sum = names.reduce((sum, name) => sum + field.valueOf(name).id, 0)
  let before = 0
  return {
    name: rival.name,
    operations: names.length * turns,
    expected: sum * turns,
    prove: () => holding.prove(verb),
    prepare: async () => {
      before = holding.generated
    },
    run: () => loop(ask, names, [], turns),
    settle: async () => holding.proveKept(before),
  }
}

/** Names, and how often all of them, for about `hits` operations. */
function portion(names: readonly string[], share: number): { names: readonly string[]; turns: number } {
  const wanted = Math.max(1, Math.round(hits * share))
  return { names: names.slice(0, wanted), turns: Math.max(1, Math.round(wanted / names.length)) }
}

function changes({ rival, field }: Holding, share: number): number {
  return Math.ceil(
    Math.min(field.names.length, mostChanges) * Math.max(share, 0.1) * Math.max(rival.share ?? 1, 0.2),
  )
}

function partOf({ names, values }: Field, count: number): Pick<Field, 'names' | 'values'> {
  return { names: names.slice(0, count), values: values.slice(0, count) }
}

function withVerb(holdings: readonly Holding[], verb: keyof Holding['open']): readonly Holding[] {
  return holdings.filter(({ open }) => open[verb] !== undefined)
}

/** A row with the targets that hold for all rows, and with those who take no part. */
export function rowOf(
  name: string,
  contenders: readonly Contender[],
  reason: string,
  beside: readonly Contender[] = [],
): Row {
  const present = new Set(contenders.map(({ name }) => name))
  const absent: Absence[] = everybody
    .filter(({ name }) => !present.has(name))
    .map(({ name }) => ({ name, reason }))
  return { name, contenders: [...contenders, ...beside], absent, targets: targetsOf(present) }
}

function targetsOf(present: ReadonlySet<string>): readonly Target[] {
  const against = [...present].filter(name => name !== 'StagCache' && name !== 'Map')
  return [{ measure: 'speed', against, limit: 1 }]
}
