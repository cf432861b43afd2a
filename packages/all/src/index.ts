export * from '@stagcache/core'
export * from '@stagcache/disk'
export * from '@stagcache/lifecycle'
