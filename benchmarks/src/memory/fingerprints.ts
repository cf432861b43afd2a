import { createHash } from 'node:crypto'
import { fingerprint } from '@stagcache/core'
import { floats, type Item, items } from '../data.ts'
import type { Contender, Row, Suite } from '../row.ts'

const title = 'A fingerprint, by the platform’s SHA-256'
const ours = 'StagCache'
const sha256 = () => createHash('sha256')

/** What a `hashVal` costs beside hashing the same bytes, or JSON text, and no more. */
export const fingerprints: Suite = {
  topics: ['memory'],
  title,
  quick: true,
  async open(_dir, share) {
    return { tables: [{ title, rows: [objectRow(share), arrayRow(share)] }], close: async () => {} }
  },
}

function objectRow(share: number): Row {
  const objects = items(Math.ceil(10_000 * share))
  return {
    name: 'an object',
    contenders: [
      contender(ours, objects, object => fingerprint(object, { sha256 })),
      // The order of properties counts, and much is lost; no less would do.
      contender('SHA-256 of JSON', objects, (object: Item) =>
        sha256().update(JSON.stringify(object)).digest('hex'),
      ),
    ],
  }
}

function arrayRow(share: number): Row {
  const arrays = [0, 1].map(first => floats(4_000_000 * Math.max(share, 0.01)).fill(first, 0, 1))
  const bytes = 'SHA-256 of its bytes'
  return {
    name: 'a Float32Array of 4 MB',
    contenders: [
      contender(ours, arrays, array => fingerprint(array, { sha256 })),
      contender(bytes, arrays, array => sha256().update(new Uint8Array(array.buffer)).digest('hex')),
    ],
    targets: [{ measure: 'time', against: bytes, limit: 1.5 }],
  }
}

function contender<V>(name: string, values: readonly V[], hash: (value: V) => string): Contender {
  return {
    name,
    operations: values.length,
    expected: 64 * values.length,
    prove: async () => {
      const found = values.map(hash)
      if (new Set(found).size < values.length) throw new Error('It has one for two values.')
      if (values.some((value, index) => hash(value) !== found[index]))
        throw new Error('It has two for one value.')
    },
    run: () => {
      let letters = 0
      for (const value of values) letters += hash(value).length
      return letters
    },
  }
}
