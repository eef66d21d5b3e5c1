/** Servers in files, and a following of them tick by tick. */
import { type DriftState, foldDrift, initialDrift } from '../../../daemon/drift/fold.ts'
import { driftPorts } from '../../../daemon/tick/drift.ts'
import type { DriftMemory, KnownEntry, ServerChange } from '../../../shared/model/drift.ts'
import { NO_DRIFT_MEMORY } from '../../../shared/model/drift.ts'
import { serverId, shortHash } from '../../../shared/model/ids.ts'
import type { Finding } from '../../../shared/model/judgement.ts'
import type { ArgPattern, Launch, Server } from '../../../shared/model/server.ts'

export const T0 = Date.UTC(2026, 0, 15, 12, 0, 0)
export const SECOND = 1_000
export const MINUTE = 60 * SECOND

export const FILES = {
  cursor: '/home/u/.cursor/mcp.json',
  continue: '/home/u/.continue/config.json',
  codex: '/home/u/.codex/config.toml',
} as const

const digest = (text: string): string => shortHash(['key', text])
export const ports = driftPorts({ digest, exists: () => false })

export const literal = (value: string): ArgPattern => ({ kind: 'literal', value })

/** A command line as words. */
export function launchOf(...words: readonly string[]): Launch {
  const [command = '', ...args] = words
  return { command: literal(command), args: args.map(literal), cwd: null, script: null }
}

export function entryOf(
  client: keyof typeof FILES | 'unknown',
  name: string,
  launch: string | Launch,
  over: Partial<Server> = {},
): Server {
  const source = over.source ?? (client === 'unknown' ? '/home/u/.x/mcp.json' : FILES[client])
  const scope = over.scope ?? 'user'
  return {
    id: serverId(client, source, scope, name),
    client,
    name,
    source,
    scope,
    transport: 'stdio',
    launch: typeof launch === 'string' ? launchOf(...launch.split(' ')) : launch,
    endpoint: null,
    disabled: false,
    ...over,
  }
}

export function remoteOf(client: keyof typeof FILES, name: string, host: string): Server {
  const endpoint = { scheme: 'https', host, port: 443 }
  return { ...entryOf(client, name, 'x'), transport: 'http', launch: null, endpoint }
}

export const print = (server: Server) => ports.printOf(server, null)

export interface Following {
  /** One tick: what the files declare, `laterMs` after the last one. Left out: the very same list. */
  readonly tick: (
    laterMs: number,
    servers?: readonly Server[],
    over?: {
      readonly files?: readonly string[]
      readonly changedAt?: ReadonlyMap<string, number>
      readonly named?: ReadonlySet<string>
    },
  ) => { readonly changes: readonly ServerChange[]; readonly findings: readonly Finding[] }
  readonly state: () => DriftState
  /** All that was told so far. */
  readonly changes: ServerChange[]
  readonly findings: Map<string, Finding>
  readonly written: Map<string, KnownEntry>
  /** As another run would be handed it now. */
  readonly memory: () => { readonly drift: DriftMemory; readonly findings: readonly Finding[] }
}

export function follow(
  first: readonly Server[],
  before: ReturnType<Following['memory']> & { readonly lastTickAt?: number } = {
    drift: NO_DRIFT_MEMORY,
    findings: [],
  },
  exists: (file: string) => boolean = () => false,
  start: { readonly at: number; readonly over?: Parameters<Following['tick']>[2] } = { at: T0 },
): Following {
  const given = driftPorts({ digest, exists })
  let { at } = start
  let servers = first
  let since = before.drift.since
  let state = initialDrift(before.drift, before.findings, before.lastTickAt ?? null)
  const changes: ServerChange[] = []
  const findings = new Map<string, Finding>(before.findings.map((it) => [it.id, it]))
  const written = new Map<string, KnownEntry>(
    before.drift.entries.map((entry) => [entry.serverId, entry]),
  )
  const allFiles = new Set<string>(Object.values(FILES))
  const tick: Following['tick'] = (laterMs, next = servers, over = {}) => {
    at += laterMs
    servers = next
    for (const { source } of next) allFiles.add(source)
    const input = {
      at,
      servers,
      files: over.files ?? [...allFiles],
      changedAt: over.changedAt ?? new Map(),
      named: over.named ?? new Set<string>(),
    }
    const output = foldDrift(state, input, given)
    state = output.state
    since = output.result.since ?? since
    changes.push(...output.result.changes)
    for (const finding of output.findings) findings.set(finding.id, finding)
    for (const entry of output.result.entries) written.set(entry.serverId, entry)
    return { changes: output.result.changes, findings: output.findings }
  }
  tick(0, first, start.over)
  return {
    tick,
    state: () => state,
    changes,
    findings,
    written,
    memory: () => ({
      drift: { since, entries: [...written.values()] },
      findings: [...findings.values()],
    }),
  }
}
