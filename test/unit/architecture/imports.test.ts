/** Who may import whom (docs/architecture.md, "Rooms"). Reads the sources, so a wrong import fails here by name. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const PURE_ROOMS = [
  'daemon/match',
  'daemon/connections',
  'daemon/judge',
  'daemon/drift',
  'daemon/remote',
]
const ADAPTER_ROOMS = [
  'daemon/discover',
  'daemon/processes',
  'daemon/capture',
  'daemon/containers',
  'daemon/names',
  'daemon/store',
  'daemon/host',
  'daemon/policy',
  'daemon/api',
]
/** The rooms whose adapters only the composition root and the daemon's life cycle may pick. */
const COMPOSERS = [
  'daemon/compose.ts',
  'daemon/compose-containers.ts',
  'daemon/compose-engines.ts',
  'daemon/compose-listening.ts',
  'daemon/compose-watcher.ts',
  'daemon/compose-exact.ts',
  'daemon/alerts.ts',
  'daemon/socket-place.ts',
  'daemon/state-lock.ts',
  'daemon/run-daemon.ts',
  'daemon/run-capture.ts',
  'daemon/scan-once.ts',
  'daemon/match-once.ts',
  'daemon/run-doctor.ts',
  'daemon/data-once.ts',
  'daemon/data-desk.ts',
  'daemon/service-host.ts',
  'daemon/supervisor.ts',
  'daemon/entry.ts',
]
/** Commands that run with capabilities: they have a door of their own, and load nothing but what they need. */
const PRIVILEGED: Record<string, string> = { 'cli/commands/capture.ts': 'daemon/run-capture.ts' }
const OWNED_PACKAGES: Record<string, readonly string[]> = {
  'better-sqlite3': ['daemon/store', 'daemon/query'],
  fastify: ['daemon/api'],
  koffi: ['daemon/native'],
}

interface Import {
  readonly from: string
  /** A path inside the project, or a package name. */
  readonly to: string
  readonly typeOnly: boolean
  readonly dynamic: boolean
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const found: Import[] = []
  const statics = /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm
  for (const match of text.matchAll(statics)) {
    found.push(resolve(file, match[2] ?? match[3] ?? '', match[1] !== undefined, false))
  }
  for (const match of text.matchAll(/\bimport\(\s*'([^']+)'/g)) {
    found.push(resolve(file, match[1] ?? '', false, true))
  }
  return found
}

function resolve(from: string, specifier: string, typeOnly: boolean, dynamic: boolean): Import {
  const to = specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier
  return { from, to, typeOnly, dynamic }
}

const imports = ['shared', 'daemon', 'cli'].flatMap(sources).flatMap(importsOf)
const inside = (path: string, room: string): boolean => path.startsWith(`${room}/`)
const project = (path: string): boolean => /^(shared|daemon|cli)\//.test(path)
const show = (wrong: Import[]): string[] => wrong.map(({ from, to }) => `${from} → ${to}`)

describe('the rooms', () => {
  it('finds the imports it judges', () => {
    expect(imports.length).toBeGreaterThan(100)
  })

  it('shared is a leaf without input or output', () => {
    const allowed = /^(shared\/|node:crypto$|node:util$|zod$|ipaddr\.js$)/
    expect(show(imports.filter((i) => inside(i.from, 'shared') && !allowed.test(i.to)))).toEqual([])
    const platform = sources('shared').filter((file) =>
      /\bprocess\.(platform|env|cwd)\b/.test(readFileSync(join(ROOT, file), 'utf8')),
    )
    expect(platform).toEqual([])
  })

  it('pure rooms import shared and themselves', () => {
    const wrong = imports.filter((i) =>
      PURE_ROOMS.some(
        (room) =>
          inside(i.from, room) &&
          !inside(i.to, room) &&
          !inside(i.to, 'shared') &&
          i.to !== 'node:crypto',
      ),
    )
    expect(show(wrong)).toEqual([])
  })

  it('the command line imports the daemon only through its entry, only when a command needs it', () => {
    const wrong = imports.filter(
      (i) =>
        inside(i.from, 'cli') &&
        inside(i.to, 'daemon') &&
        !(i.to === (PRIVILEGED[i.from] ?? 'daemon/entry.ts') && (i.dynamic || i.typeOnly)),
    )
    expect(show(wrong)).toEqual([])
  })

  it.each(Object.values(PRIVILEGED))('%s loads koffi and nothing else that is not ours', (door) => {
    expect([...loadedBy(door)].filter((to) => !project(to) && !to.startsWith('node:'))).toEqual([
      'koffi',
    ])
  })

  it('the daemon does not know the command line', () => {
    expect(show(imports.filter((i) => inside(i.from, 'daemon') && inside(i.to, 'cli')))).toEqual([])
  })

  it('adapters are picked by the composition root alone', () => {
    const room = (path: string): string => path.split('/').slice(0, 2).join('/')
    const wrong = imports.filter(
      (i) =>
        !i.typeOnly &&
        project(i.to) &&
        ADAPTER_ROOMS.includes(room(i.to)) &&
        room(i.to) !== room(i.from) &&
        // Both own SQL, over one schema.
        !(inside(i.from, 'daemon/query') && inside(i.to, 'daemon/store')) &&
        // Both ends of one protocol, over one layout of records.
        !(inside(i.from, 'daemon/capture-service') && inside(i.to, 'daemon/capture/exact')) &&
        !COMPOSERS.includes(i.from),
    )
    expect(show(wrong)).toEqual([])
  })

  it('system calls are made for capture, processes and host, or handed to them', () => {
    const users = /^daemon\/(native|capture|processes|host)\/|^daemon\/[^/]+$/
    const wrong = imports.filter((i) => inside(i.to, 'daemon/native') && !users.test(i.from))
    expect(show(wrong)).toEqual([])
    const out = imports.filter((i) => inside(i.from, 'daemon/native') && project(i.to))
    expect(show(out.filter((i) => !inside(i.to, 'daemon/native')))).toEqual([])
  })

  it.each(Object.entries(OWNED_PACKAGES))('%s is used in its rooms only', (name, rooms) => {
    const wrong = imports.filter(
      (i) => !i.typeOnly && i.to === name && !rooms.some((room) => inside(i.from, room)),
    )
    expect(show(wrong)).toEqual([])
  })

  it('has no circles, of types neither', () => {
    const graph = new Map<string, string[]>()
    for (const { from, to } of imports) {
      if (project(to)) graph.set(from, [...(graph.get(from) ?? []), to])
    }
    expect(circle(graph)).toBeNull()
  })
})

/** Files and packages that are loaded with a file, now or later. */
function loadedBy(file: string, seen = new Set<string>()): ReadonlySet<string> {
  for (const { to } of imports.filter(({ from, typeOnly }) => from === file && !typeOnly)) {
    if (seen.has(to)) continue
    seen.add(to)
    loadedBy(to, seen)
  }
  return seen
}

function circle(graph: ReadonlyMap<string, readonly string[]>): string | null {
  const done = new Set<string>()
  const visit = (node: string, path: readonly string[]): string | null => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node].join(' → ')
    if (done.has(node)) return null
    done.add(node)
    for (const next of graph.get(node) ?? []) {
      const found = visit(next, [...path, node])
      if (found !== null) return found
    }
    return null
  }
  for (const node of graph.keys()) {
    const found = visit(node, [])
    if (found !== null) return found
  }
  return null
}
