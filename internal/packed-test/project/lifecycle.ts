import type { Signal } from '@stagcache/core'
import { CacheComponent } from '@stagcache/lifecycle'

export class View extends CacheComponent {
  protected override handleLoad(signal: Signal): void {
    super.handleLoad(signal)
    this.set('texture', 'pixels')
  }
}

export const loading: Promise<void> = new View().load()
