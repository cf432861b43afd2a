import { DiskCache } from '@stagcache/disk'

const cache = new DiskCache({ version: 5, dir: '.stagcache' })

export const rows: Promise<Float32Array> = cache.cache('./rows@2', () => new Float32Array(4))
