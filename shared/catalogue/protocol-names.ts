/**
 * Whether something is named as MCP servers are: `mcp-server-NAME`, `NAME-mcp-server`, `NAME-mcp`, `mcp-NAME`,
 * `@SCOPE/mcp`, `@modelcontextprotocol/server-NAME`, images of Docker's namespace `mcp/`. A habit, not a proof. Pure.
 */
import type { Ecosystem } from '../model/server.ts'

/** What is made for working with servers and is none: each of these words in a name stands against it. */
const TOOLS: ReadonlySet<string> = new Set([
  'agent', 'bench', 'benchmark', 'builder', 'chat', 'check', 'checker', 'cli', 'client', 'clients', 'config', 'conformance',
  'create', 'debug', 'debugger', 'dev', 'devtools', 'doctor', 'eslint', 'eval', 'evals', 'framework', 'get', 'host', 'inspect',
  'inspector', 'install', 'lib', 'lint', 'linter', 'manager', 'monitor', 'plugin', 'probe', 'publisher', 'scan', 'scanner', 'sdk',
  'spec', 'test', 'tester', 'testing', 'tests', 'types', 'use', 'utils', 'validator', 'watch',
]) // biome-ignore format: a list

const LONGEST = 214

/** `name` as its ecosystem has it. */
export function isServerPackage(ecosystem: Ecosystem, name: string): boolean {
  if (name.length > LONGEST) return false
  switch (ecosystem) {
    case 'npm':
      return isNpmServer(name)
    case 'pypi':
      return isServerName(name)
    case 'image':
      return isImageServer(name)
  }
}

function isNpmServer(name: string): boolean {
  const [, scope, base] = /^@([^/]+)\/(.+)$/.exec(name) ?? [null, null, name]
  if (scope === 'modelcontextprotocol' && base?.startsWith('server-') === true) return true
  return (scope !== null && base === 'mcp') || isServerName(base ?? '')
}

function isImageServer(name: string): boolean {
  const parts = name.replace(/^(?:index\.)?docker\.io\//, '').split('/')
  const base = parts.at(-1) ?? ''
  return (parts.length === 2 && parts[0] === 'mcp' && !hasToolWord(base)) || isServerName(base)
}

/** A name of a program, a module or a script without what stands behind its last dot. */
export function isServerName(name: string): boolean {
  if (name.length > LONGEST || !/^[\w.-]+$/.test(name)) return false
  const plain = name.toLowerCase().replace(/[_.]+/g, '-')
  if (plain.startsWith('create-')) return false
  if (/(^|-)mcp-server(-|$)/.test(plain)) return true
  return /^mcp-./.test(plain) || /.-mcp$/.test(plain) ? !hasToolWord(plain) : false
}

function hasToolWord(name: string): boolean {
  return name
    .toLowerCase()
    .split(/[-_.]+/)
    .some((word) => TOOLS.has(word))
}
