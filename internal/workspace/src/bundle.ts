import { gzipSync } from 'node:zlib'
import { build } from 'vite'

/** What names a module that is not on disk, as bundlers have agreed. */
const entry = '\0entry'

/** The code of a module as a browser loads it: with everything that it imports, without what it does not use, minified. */
export async function bundle(code: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        resolveId: id => (id === entry ? entry : undefined),
        load: id => (id === entry ? code : undefined),
      },
    ],
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  })
  if (!('output' in built)) throw new Error('There is more than one output.')
  // Parts that are loaded later count as well.
  return built.output.map(part => (part.type === 'chunk' ? part.code : '')).join('')
}

/** How many bytes of it go over the wire. */
export function gzippedBytes(code: string): number {
  return gzipSync(code, { level: 9 }).length
}
