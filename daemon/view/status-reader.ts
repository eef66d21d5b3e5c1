/** Answers `status` from the last tick, with processor and memory figures read when asked, at most once a second. */
import type { Health, Status } from '../../shared/contract/answers.ts'
import type { FindingJson, ReachedJson, ServerState } from '../../shared/contract/common.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { View } from '../pipeline.ts'
import type { Clock, Usage, UsageSource } from '../ports.ts'
import type { Archive } from '../query/archive.ts'
import { statusOf, usagePids } from './status.ts'

const FRESH_MS = 1_000
/** Of which it is not known that it ever ran. */
const UNSEEN: readonly ServerState[] = ['never-seen', 'in-client', 'remote', 'answered']

export interface StatusReader {
  tick(view: View, onStatus: ((status: Status) => void) | undefined): void
  /** Waits for the first tick. */
  readonly read: () => Promise<Status>
}

export interface StatusReaderDeps {
  readonly archive: Archive
  readonly health: () => Health
  readonly usage: UsageSource
  readonly clock: Clock
}

export function createStatusReader(deps: StatusReaderDeps): StatusReader {
  let view: View | null = null
  let told = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null
  let wake: () => void = () => {}
  const firstTick = new Promise<void>((resolve) => {
    wake = resolve
  })
  const read = async (): Promise<Status> => {
    await firstTick
    if (view === null) throw new Error('woken without a tick')
    return await statusNow(deps, view)
  }
  return {
    read,
    tick(next, onStatus) {
      view = next
      wake()
      const now = deps.clock.monotonicMs()
      if (onStatus === undefined || reading !== null || now - told < FRESH_MS) return
      told = now
      reading = read()
        .then(onStatus, ignoreUnreadable)
        .finally(() => {
          reading = null
        })
    },
  }
}

/** The database cannot be read, or is being closed: the next tick shows what this one could not. */
function ignoreUnreadable(error: unknown): void {
  if (!(error instanceof McpWatchError)) throw error
}

/** What may be of several servers, or is of one that serves several entries, is each one's. */
function lastByServer(findings: readonly FindingJson[]): ReadonlyMap<string, FindingJson> {
  const last = new Map<string, FindingJson>()
  for (const finding of findings) {
    for (const id of [finding.serverId, ...finding.oneOf.map(({ serverId }) => serverId)]) {
      const known = last.get(id)
      if (known === undefined || known.lastSeen < finding.lastSeen) last.set(id, finding)
    }
  }
  return last
}

async function statusNow(deps: StatusReaderDeps, view: View): Promise<Status> {
  const usage: ReadonlyMap<number, Usage> = await deps.usage.usage(usagePids(view))
  const findings = deps.archive.lastFindings()
  const seen = new Set<string>()
  const reached = new Map<string, ReachedJson>()
  for (const server of deps.archive.servers().servers) {
    if (!UNSEEN.includes(server.state)) seen.add(server.id)
    if (server.reached !== null) reached.set(server.id, server.reached)
  }
  const lastFindings = lastByServer(findings)
  return statusOf({ view, health: deps.health(), usage, seen, reached, lastFindings })
}
