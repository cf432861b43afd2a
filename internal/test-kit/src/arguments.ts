import { fileURLToPath } from 'node:url'

// Node 20 has no way of its own to run TypeScript; all other runtimes do.
const typescript = process.features.typescript
  ? []
  : [`--import=${new URL('run-typescript.mjs', import.meta.url)}`]

/** The flags with which a runtime runs TypeScript on the source of the workspace. In Deno, `process.execArgv` has none. */
export const sourceFlags: readonly string[] = ['--conditions=@stagcache/source', ...typescript]

/** What a runtime is started with to run a TypeScript file, for who has to start it by another program. */
export function argumentsFor(script: URL, flags: readonly string[] = []): string[] {
  return [...sourceFlags, ...flags, fileURLToPath(script)]
}
