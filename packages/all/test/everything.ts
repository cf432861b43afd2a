export * from '@stagcache/all'
