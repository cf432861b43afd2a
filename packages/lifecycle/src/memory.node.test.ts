import { collectGarbage } from '@stagcache/test-kit/garbage'
import { expect, test } from 'vitest'
import { View } from '../test/view.ts'

// Bun has none that can be called so.
test.runIf(collectGarbage)('an unloaded component keeps nothing of its load alive', async () => {
  const view = new View()
  const values: WeakRef<object>[] = []
  view.onLoad = () => {
    for (const name of ['texture', 'shader']) {
      const value = { close: () => {}, [Symbol.dispose]: () => {} }
      values.push(new WeakRef(value))
      view.set(name, value)
    }
  }
  await view.load()
  view.delete('shader')
  await view.unload()
  await new Promise(resolve => setTimeout(resolve))
  collectGarbage?.()
  expect(values.map(value => value.deref())).toEqual([undefined, undefined])
})
