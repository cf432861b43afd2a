import { CacheComponent } from '@stagcache/lifecycle'

export class View extends CacheComponent {
  override handleLoad(): void {
    super.handleLoad()
    this.set('texture', 'pixels')
  }
}

export const loading: Promise<void> = new View().load()
