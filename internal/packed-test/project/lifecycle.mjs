export default async function lifecycle({ CacheComponent }) {
  const states = []
  class View extends CacheComponent {
    handleLoad(signal) {
      super.handleLoad(signal)
      this.set('texture', 'pixels')
    }
  }
  const view = new View()
  states.push(view.loaded)
  await view.load()
  states.push(view.loaded, view.get('texture'))
  await view.unload()
  states.push(view.loaded, view.get('texture') ?? 'gone')
  return { states }
}
