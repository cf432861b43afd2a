export { CacheComponent } from './component.ts'
export { LifecycleError, type LifecycleReason } from './errors.ts'
