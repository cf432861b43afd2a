import { disagreements } from '../src/agreement.ts'
import { changeOf } from '../src/change.ts'
import { Contents } from '../src/contents.ts'
import { nodeFiles } from '../src/files.ts'
import type { Followed } from '../src/followed.ts'
import { indexFaults } from '../src/index-check.ts'
import { Log } from '../src/log.ts'
import { recordType } from '../src/record.ts'

/** What the records of a log leave up to a place, read from its beginning. */
function replayed({ path, number, id }: Log, end: number): Contents {
  const log = Log.open(nodeFiles, path, number)
  if (!(log instanceof Log) || log.id !== id) throw new Error(`the log is not at ${path} any more`)
  try {
    const contents = new Contents(log.salt, log)
    log.scan(end, {
      record(record, position) {
        const change = changeOf(record) ?? { type: 'none' }
        contents.apply(change, position, record.length)
        return change.type !== recordType.seal
      },
      damage: () => {},
    })
    return contents
  } finally {
    log.close()
  }
}

/** Fails unless what somebody who follows a log has in memory is consistent, and what reading the log anew leaves. */
export function checkContents({ log, contents }: Followed): void {
  const problems = [...indexFaults(contents.index)]
  const leaveOut = ({ position }: { position: number }) =>
    problems.push(`the entry at ${position} is missing`)
  problems.push(...disagreements(replayed(log, log.scanned), contents, leaveOut))
  const found = problems.filter(problem => problem !== undefined)
  if (found.length > 0)
    throw new Error(`The contents of ${log.path} are not what it leaves:\n${found.join('\n')}`)
}
