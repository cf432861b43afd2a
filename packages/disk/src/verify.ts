import { resolve } from 'node:path'
import { Directory, randomNumber } from './directory.ts'
import { DiskError } from './errors.ts'
import { type Files, nodeFiles } from './files.ts'
import { startHash } from './hash.ts'
import { Liveness } from './liveness.ts'
import { Pins } from './pins.ts'
import { VerifyPass } from './verify-pass.ts'
import type { DirectoryReport } from './verify-report.ts'

/*
 * What holds of a cache directory, whoever works on it and whoever was killed there, and what a violation is called.
 *
 *   head         the log with the highest number has a valid head                                              bad-log
 *   records      up to its end or seal, records follow one another without gaps, each intact and              bad-record
 *                in itself consistent; a torn one is at the end, or somebody died there         contradictory-record
 *                                                                                                  torn-record, torn-tail
 *   origins      no record stands in the log twice                                                       repeated-record
 *   seal         nothing behind a seal counts; no snapshot reaches beyond one                            wrong-snapshot
 *   values       the record of every live entry can be read                                             unreadable-value
 *   blobs        the blob of every live entry exists, with the size and checksum of its reference    missing-blob, bad-blob
 *   one owner    no blob is named by two live entries                                                       shared-blob
 *   snapshot     it is of this log, reaches no further, and has the rows, bytes and claims that            bad-snapshot
 *                the records up to its end leave; only entries with unreadable blobs may be       wrong-snapshot, cut-log
 *                missing
 *   index        every row is in the chain of its bucket and no other; the sums are those of the rows     wrong-index
 *   names        what lies in the folders is something of the cache's                                      unknown-name
 *   blob names   a blob lies in the folder that its name begins with                                     misplaced-blob
 *   permissions  only the owner may enter, read and write                                              open-permissions
 *
 * Left over are files of the dead, which stores sweep up: outdated-log, unused-snapshot, draft, unnamed-blob, dead-socket,
 * dead-pin.
 *
 * Others go on writing, reclaiming and removing meanwhile. A blob is missing only if its entry still stood afterwards: who
 * removes one first appends what puts an end to its entry, or publishes a log without it. Therefore the log is read to its
 * end once more when everything was looked at, and if it has been followed by another one until then, all begins anew.
 */

// A directory in which logs follow one another faster than they can be read is not judged by what may be outdated.
const mostPasses = 10

/**
 * Looks at everything in a cache directory, without changing anything: every record, the snapshot, every large value. Reads
 * all of it, in slices of some milliseconds; memory is taken for the index, 44 bytes for each entry and some 200 for each
 * large value, and again for the snapshot.
 *
 * Other processes may use the directory meanwhile; what they are doing is no damage. What is in the directory, by whomever,
 * makes a report and never an error. There is nothing to report of a directory that does not exist.
 *
 * Not promised: that a leftover is not just being removed or used by a store that others cannot see; that damage is found
 * which leaves everything intact, such as a log that was cut off between two records and has no snapshot.
 *
 * @throws DiskError `store-read` if the file system refuses to let it read.
 *
 * @example
 * const report = await verifyDirectory('.stagcache')
 * if (!report.intact) for (const { kind, path, message } of report.problems) console.warn(kind, path, message)
 */
export async function verifyDirectory(dir = '.stagcache'): Promise<DirectoryReport> {
  return await verify(nodeFiles, resolve(dir))
}

/** The same on a file system that is passed in. */
export async function verify(files: Files, dir: string): Promise<DirectoryReport> {
  await startHash()
  const directory = new Directory(files, dir)
  // Of a store that is none, and makes nothing.
  const nobody = randomNumber()
  const liveness = new Liveness(files, directory.live, nobody)
  const pins = new Pins(files, directory.live, nobody, liveness)
  try {
    for (let number = 1; ; number++) {
      const pass = new VerifyPass(directory, liveness, pins)
      try {
        if ((await pass.run()) || number === mostPasses) return pass.report()
      } finally {
        pass.end()
      }
    }
  } catch (error) {
    throw new DiskError('store-read', 'verify what is', dir, error)
  } finally {
    await liveness.close()
  }
}
