import type { Absence } from '@stagcache/core'
import { changeOf } from './change.ts'
import { Contents } from './contents.ts'
import type { Log } from './log.ts'
import { readDelete, recordType } from './record.ts'
import { inSlices, type Steps } from './slices.ts'

const stepBytes = 64 << 10

/** Finds out what became of an entry, by reading the whole log up to where it has been applied. */
export async function whyAbsent(log: Log, name: string): Promise<Absence> {
  const history = new History(log, name)
  await inSlices(history.read())
  return history.lastWord
}

class History {
  lastWord: Absence = 'absent'
  readonly #log: Log
  readonly #name: string
  // Of this name only, so that a value that did not count is known to be one.
  readonly #contents: Contents

  constructor(log: Log, name: string) {
    this.#log = log
    this.#name = name
    this.#contents = new Contents(log.salt, log)
  }

  *read(): Steps {
    const scan = this.#log.scanAnew()
    const end = this.#log.scanned
    for (let from = 0; scan.position < end && scan.position > from; yield) {
      from = scan.position
      scan.run(end, {
        record: (record, position) => {
          this.#take(record, position)
          return position - from < stepBytes
        },
        damage: () => {},
      })
    }
  }

  #take(record: Buffer, position: number): void {
    if (record[16] === recordType.delete) return this.#takeDelete(record)
    const change = changeOf(record)
    if (change?.type === recordType.clear) this.lastWord = this.lastWord === 'absent' ? 'absent' : 'deleted'
    else if (!change || !('name' in change) || change.name !== this.#name) return
    const { counted } = this.#contents.apply(change, position, record.length)
    // It is not found, although it was stored.
    if (change.type === recordType.value && counted) this.lastWord = 'corrupt'
  }

  #takeDelete(record: Buffer): void {
    const { name, dropped } = readDelete(record)
    if (name !== this.#name) return
    this.lastWord = dropped ?? (this.lastWord === 'absent' ? 'absent' : 'deleted')
    if (!dropped) this.#contents.apply({ type: recordType.delete, name }, 0, 0)
  }
}
