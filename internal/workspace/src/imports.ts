import { parseSync } from 'vite'

/** What an `import()` names whose argument is not a plain text. */
export const computed = '(computed)'

/**
 * Every module that a TypeScript file names: imported or exported from, static or dynamic, value or type.
 *
 * @throws when the file does not parse, because then nothing is known about its imports.
 */
export function importsOf(path: string, code: string): string[] {
  const { program, errors } = parseSync(path, code)
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`)
  const found: string[] = []
  visit(program, node => {
    const source = sourceOf(node)
    if (source) found.push(source)
  })
  return [...new Set(found)]
}

type SyntaxNode = Record<string, unknown> & { type: string }

function visit(value: unknown, see: (node: SyntaxNode) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see)
    return
  }
  if ('type' in value && typeof value.type === 'string') see(value as SyntaxNode)
  for (const child of Object.values(value)) visit(child, see)
}

function sourceOf(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return text(node['source'])
    case 'ExportNamedDeclaration':
      return node['source'] ? text(node['source']) : undefined
    case 'TSExternalModuleReference':
      return text(node['expression'])
    case 'CallExpression':
      return isRequire(node['callee']) ? text((node['arguments'] as unknown[])[0]) : undefined
    default:
      return undefined
  }
}

function isRequire(callee: unknown): boolean {
  return (
    (callee as { type?: string; name?: string }).type === 'Identifier' &&
    (callee as { name?: string }).name === 'require'
  )
}

function text(literal: unknown): string {
  const { value } = literal as { value?: unknown }
  return typeof value === 'string' ? value : computed
}
