/** Where a directory lies, as far as the system tells. */
export interface FileSystem {
  /** Its type, as `statfs` of Linux numbers them; `undefined` where there is no `statfs`. */
  readonly type: number | undefined
  /** The directory's own path, without links and mapped drives. */
  readonly path: string
}

// Those of linux/magic.h and of the file systems themselves. FUSE is none of them: what is behind it may be a disk as well.
const networks: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
  [0x0bd00bd0, 'Lustre'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0xaad7aaea, 'PanFS'],
  [0x786f4256, 'a shared folder of VirtualBox'],
  [0xbacbacbc, 'a shared folder of VMware'],
])

const share = /^(?:\\\\\?\\UNC\\|\\\\[^?.\\])/i

/** The name of a network file system, or of one that several machines mount; `undefined` where it is local, or cannot be told. */
export function networkOf(
  { type, path }: FileSystem,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform === 'win32') return share.test(path) ? 'a network share' : undefined
  return platform === 'linux' && type !== undefined ? networks.get(type) : undefined
}
