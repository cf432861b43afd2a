import { posix } from 'node:path'
import { computed } from './imports.ts'

/** Path of a source file, from the workspace's folder, to the modules it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

export interface Layer {
  /** Packages of the workspace that it may import: only such as stand below it. */
  below: readonly string[]
  /** Whether it may import `node:` modules. */
  node: boolean
  /** What else it may import. */
  dependencies: readonly string[]
}

export interface Exception {
  file: string
  imports: string
  reason: string
}

const scope = '@stagcache/'
const testFile = /\.test(-d)?\.ts$/

/** What is wrong with the imports, one sentence each. */
export function violations(
  graph: ImportGraph,
  layers: Record<string, Layer>,
  exceptions: readonly Exception[] = [],
): string[] {
  const allowed = new Set(exceptions.map(one => `${one.file} ${one.imports}`))
  const wrong: string[] = []
  for (const [file, imports] of graph) {
    for (const name of imports) {
      if (allowed.has(`${file} ${name}`)) continue
      const reason = objection(file, name, layers)
      if (reason) wrong.push(`${file} imports ${name}: ${reason}`)
    }
  }
  return [...wrong, ...cycles(graph).map(cycle => `import cycle: ${cycle.join(' -> ')}`)]
}

/** Exceptions that nothing needs any more. */
export function unusedExceptions(graph: ImportGraph, exceptions: readonly Exception[]): string[] {
  return exceptions
    .filter(one => !graph.get(one.file)?.includes(one.imports))
    .map(one => `${one.file} no longer imports ${one.imports}`)
}

function objection(file: string, name: string, layers: Record<string, Layer>): string | undefined {
  const own = packageOf(file)
  const layer = layers[own]
  if (!layer) return `${own} has no place among the layers`
  const isTest = testFile.test(file)
  if (name.startsWith('.')) return relativeObjection(file, name)
  if (name.startsWith(scope)) return workspaceObjection(own, name, layer, isTest)
  // Tests run beside the package, not in it: they may use what they need.
  if (isTest) return undefined
  if (name === computed) return 'an import of a computed name hides what it imports'
  if (name.startsWith('node:')) return nodeObjection(own, name, layer)
  return layer.dependencies.includes(dependencyOf(name)) ? undefined : `${own} may not depend on it`
}

function relativeObjection(file: string, name: string): string | undefined {
  const target = resolved(file, name)
  if (packageOf(target) !== packageOf(file)) return "it reaches into another package's files"
  if (!testFile.test(file) && testFile.test(target)) return 'it imports a test'
  return name.endsWith('.ts') ? undefined : "a relative import names the file, with '.ts'"
}

function workspaceObjection(own: string, name: string, layer: Layer, isTest: boolean): string | undefined {
  const other = name.slice(scope.length).split('/')[0] as string
  if (layer.below.includes(other) || (isTest && (other === own || other === 'test-kit'))) return undefined
  return other === own ? 'a package does not import itself' : `${other} is not below ${own}`
}

function nodeObjection(own: string, name: string, layer: Layer): string | undefined {
  if (!layer.node) return `${own} runs without Node`
  return /^node:fs(\/|$)/.test(name) ? 'only files.ts touches the file system' : undefined
}

/** The cycles between files, at least one of each tangle, beginning with its first file in alphabetical order. */
export function cycles(graph: ImportGraph): string[][] {
  const found = new Map<string, string[]>()
  const finished = new Set<string>()
  const path: string[] = []
  const walk = (file: string): void => {
    const start = path.indexOf(file)
    if (start >= 0) {
      const cycle = rotated(path.slice(start))
      found.set(cycle.join(), cycle)
    }
    if (start >= 0 || finished.has(file)) return
    path.push(file)
    for (const name of graph.get(file) ?? []) if (name.startsWith('.')) walk(resolved(file, name))
    path.pop()
    finished.add(file)
  }
  for (const file of graph.keys()) walk(file)
  return [...found.values()]
}

function rotated(cycle: string[]): string[] {
  const first = cycle.indexOf([...cycle].sort()[0] as string)
  return [...cycle.slice(first), ...cycle.slice(0, first + 1)]
}

function resolved(file: string, name: string): string {
  return posix.join(posix.dirname(file), name)
}

/** `name/part` belongs to `name`, `@scope/name/part` to `@scope/name`. */
function dependencyOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/')
}

function packageOf(file: string): string {
  return file.split('/')[1] ?? ''
}
