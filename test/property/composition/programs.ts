/** Servers that an entry can run: packages with programs of any name, scripts, modules, binaries. Few names, so that they meet. */
import fc from 'fast-check'
import type { PackageRef } from '../../../shared/model/server.ts'

export type Program =
  | { readonly kind: 'npm'; readonly name: string; readonly bin: string; readonly version: string }
  | { readonly kind: 'pypi'; readonly name: string; readonly bin: string; readonly version: string }
  | { readonly kind: 'script'; readonly language: 'node' | 'python'; readonly path: string }
  | { readonly kind: 'module'; readonly module: string }
  /** `bare`: configured by its name alone, to be found through PATH. */
  | { readonly kind: 'binary'; readonly path: string; readonly bare: boolean }

const WORDS = ['notes', 'files', 'server-files', 'mcp', 'tasks-mcp']
const word = fc.constantFrom(...WORDS)
const version = fc.constantFrom('1.0.0', '0.3.1')

/** A package has one program to be run by default, however that is called. */
const BINS: Readonly<Record<string, (word: string) => string>> = {
  '': (name) => name,
  '@acme/': (name) => `mcp-${name}`,
  '@ada/': (name) => `run-${name.length}`,
}

const npm: fc.Arbitrary<Program> = fc
  .record({ scope: fc.constantFrom(...Object.keys(BINS)), word, version })
  .map(({ scope, word: name, version: is }) => ({
    kind: 'npm',
    name: `${scope}${name}`,
    bin: BINS[scope]?.(name) ?? name,
    version: is,
  }))

const pypi: fc.Arbitrary<Program> = fc
  .record({ word, version })
  .map(({ word: name, version: is }) => ({
    kind: 'pypi',
    name,
    bin: name.includes('-') ? `run-${name.length}` : name,
    version: is,
  }))

const folder = fc.constantFrom('/home/ada/one', '/home/ada/two', '/opt/tools')

const script: fc.Arbitrary<Program> = fc
  .record({ folder, name: fc.constantFrom('server', 'index', 'main'), node: fc.boolean() })
  .map(({ folder: at, name, node }) => ({
    kind: 'script',
    language: node ? 'node' : 'python',
    path: `${at}/${name}.${node ? 'js' : 'py'}`,
  }))

const module: fc.Arbitrary<Program> = fc
  .constantFrom('notes', 'notes.server', 'files_mcp')
  .map((name) => ({ kind: 'module', module: name }))

const binary: fc.Arbitrary<Program> = fc
  .record({
    folder: fc.constantFrom('/usr/local/bin', '/home/ada/go/bin'),
    word,
    bare: fc.boolean(),
  })
  .map(({ folder: at, word: name, bare }) => ({ kind: 'binary', path: `${at}/${name}`, bare }))

export const program: fc.Arbitrary<Program> = fc.oneof(
  { weight: 4, arbitrary: npm },
  { weight: 2, arbitrary: pypi },
  { weight: 2, arbitrary: script },
  { weight: 1, arbitrary: module },
  { weight: 1, arbitrary: binary },
)

export function packageOf(program: Program): PackageRef | null {
  if (program.kind !== 'npm' && program.kind !== 'pypi') return null
  return { ecosystem: program.kind, name: program.name, version: program.version }
}
