import type { Absence } from '@stagcache/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { info, logOf, MemoryLog, signed, signedValue } from '../test/logs.ts'
import { claimRecord, releaseRecord } from './claim-record.ts'
import { startHash } from './hash.ts'
import { whyAbsent } from './history.ts'
import { clearRecord, deleteRecord } from './record.ts'
import { valueRecord } from './value-record.ts'

beforeAll(startHash)

const owner = { writer: 7n, sequence: 1 }
const other = { writer: 8n, sequence: 1 }
const wanted = { stamp: '1', params: undefined }

const said = {
  stored: () => signedValue('a', 1),
  deleted: () => signed(deleteRecord(owner, 'a')),
  evicted: () => signed(deleteRecord(owner, 'a', 'evicted')),
  expired: () => signed(deleteRecord(owner, 'a', 'expired')),
  cleared: () => signed(clearRecord(owner)),
  claimed: () => signed(claimRecord(owner, 'a', wanted, undefined)),
  released: () => signed(releaseRecord({ ...owner, sequence: 2 }, 'a', owner, false)),
  'stored with the claim': () => signed(valueRecord(owner, 'a', info, Buffer.alloc(1), owner)),
  'stored with another claim': () => signed(valueRecord(other, 'a', info, Buffer.alloc(1), other)),
  'another stored': () => signedValue('b', 1),
  'another deleted': () => signed(deleteRecord(owner, 'b')),
  'another evicted': () => signed(deleteRecord(owner, 'b', 'evicted')),
  'another claimed': () => signed(claimRecord(owner, 'b', wanted, undefined)),
  contradictory: () => {
    const record = valueRecord(owner, 'a', info, Buffer.alloc(1))
    record.writeUInt32LE(1e6, 56)
    return signed(record)
  },
  damaged: () => Buffer.alloc(100, 1),
} satisfies Record<string, () => Buffer>

type Said = keyof typeof said

describe('the last word on an entry that is not found', () => {
  test.each<{ history: Said[]; word: Absence }>([
    { history: [], word: 'absent' },
    { history: ['another stored'], word: 'absent' },
    { history: ['deleted'], word: 'absent' },
    { history: ['cleared'], word: 'absent' },
    { history: ['claimed', 'released'], word: 'absent' },
    { history: ['stored'], word: 'corrupt' },
    { history: ['stored', 'deleted'], word: 'deleted' },
    { history: ['stored', 'cleared'], word: 'deleted' },
    { history: ['stored', 'another deleted'], word: 'corrupt' },
    { history: ['stored', 'deleted', 'stored'], word: 'corrupt' },
    { history: ['stored', 'deleted', 'deleted'], word: 'deleted' },
    { history: ['stored', 'cleared', 'another stored'], word: 'deleted' },
    { history: ['stored', 'evicted'], word: 'evicted' },
    { history: ['stored', 'expired'], word: 'expired' },
    { history: ['evicted'], word: 'evicted' },
    { history: ['expired', 'evicted'], word: 'evicted' },
    { history: ['another evicted'], word: 'absent' },
    { history: ['evicted', 'deleted'], word: 'deleted' },
    { history: ['expired', 'cleared'], word: 'deleted' },
    { history: ['evicted', 'stored', 'deleted'], word: 'deleted' },
    { history: ['claimed', 'stored with the claim'], word: 'corrupt' },
    { history: ['claimed', 'stored with another claim'], word: 'absent' },
    { history: ['claimed', 'deleted', 'stored with the claim'], word: 'absent' },
    { history: ['claimed', 'cleared', 'stored with the claim'], word: 'absent' },
    { history: ['claimed', 'released', 'stored with the claim'], word: 'absent' },
    { history: ['claimed', 'evicted', 'stored with the claim'], word: 'corrupt' },
    { history: ['stored', 'claimed', 'deleted', 'stored with the claim'], word: 'deleted' },
    { history: ['another claimed', 'stored with the claim'], word: 'absent' },
    { history: ['stored', 'deleted', 'damaged', 'another stored'], word: 'deleted' },
    { history: ['contradictory'], word: 'absent' },
    { history: ['stored', 'deleted', 'contradictory'], word: 'deleted' },
  ])('after $history is $word', async ({ history, word }) => {
    const { log } = new MemoryLog(logOf(...history.map(one => said[one]()))).readAll()
    expect(await whyAbsent(log, 'a')).toBe(word)
  })

  test('is found in a log of any length, up to where it has been read', async () => {
    const filler = Array.from({ length: 40 }, () => signedValue('b', 'x'.repeat(10_000)))
    const before = logOf(said.stored(), ...filler, said.deleted(), ...filler)
    const memory = new MemoryLog(Buffer.concat([before, said.evicted()])).readTo(before.length)
    expect(await whyAbsent(memory.log, 'a')).toBe('deleted')
    expect(await whyAbsent(memory.readAll().log, 'a')).toBe('evicted')
  })
})
