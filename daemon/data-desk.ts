/** Removing records on request: by the running daemon, or by a command while none runs. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SCHEMA_VERSION } from '../shared/contract/common.ts'
import type { DataChange, EraseRequest, PruneRequest } from '../shared/contract/data.ts'
import { McpWatchError } from '../shared/errors.ts'
import type { ServerId } from '../shared/model/ids.ts'
import { RETENTION_UNKNOWN, type RetentionSettings } from '../shared/model/policy.ts'
import type { DataDesk } from './api/data-routes.ts'
import type { Clock } from './ports.ts'
import type { Archive } from './query/archive.ts'
import { type DataChange as Change, eraseJob, pruneJob } from './store/data-jobs.ts'
import type { Job } from './store/keeper.ts'

export interface DataDeskDeps {
  readonly folder: string
  readonly clock: Clock
  readonly archive: Pick<Archive, 'serverIds'>
  readonly run: <T>(job: Job<T>) => Promise<T>
  readonly settings: () => RetentionSettings
  /** No daemon runs: the file can be made anew. */
  readonly isAlone: boolean
}

/** As `setAside` of the store names them: damaged databases, and strangers' put in the place of ours. */
export const SET_ASIDE = /^watch\.db\.(?:corrupt|stranger)-/

export function createDataDesk(deps: DataDeskDeps): DataDesk {
  const { archive, clock, run, settings, isAlone, folder } = deps
  return {
    async prune({ olderThanMs, server, client }: PruneRequest) {
      const named = server !== undefined || client !== undefined
      if (named && olderThanMs === undefined) {
        throw new McpWatchError('USAGE', 'which records of it?', {
          hint: 'give an age with it, like --older-than 30d; or use "mcp-watch data erase"',
        })
      }
      if (olderThanMs === undefined && settings() === RETENTION_UNKNOWN) {
        const message = 'how long records are kept is not known: the policy file cannot be used'
        throw new McpWatchError('POLICY_INVALID', message, {
          hint: 'see "mcp-watch policy check"; or give an age, like --older-than 30d',
        })
      }
      const servers = named ? archive.serverIds({ server, client }) : null
      const now = clock.wallMs()
      const before = olderThanMs === undefined ? null : now - olderThanMs
      return answer(await run((db) => pruneJob(db, { now, settings: settings(), before, servers })))
    },
    async erase({ everything, server, client }: EraseRequest) {
      const named = server !== undefined || client !== undefined
      if (named === (everything === true)) {
        throw new McpWatchError('USAGE', 'name a server or client, or say that it is everything')
      }
      const servers: readonly ServerId[] | null = named
        ? archive.serverIds({ server, client })
        : null
      const change = await run((db) => eraseJob(db, servers, isAlone))
      if (servers === null) removeSetAside(folder)
      return answer(change)
    },
  }
}

function answer({ removed, before, after }: Change): DataChange {
  return { schemaVersion: SCHEMA_VERSION, removed: { ...removed }, before, after }
}

function removeSetAside(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (SET_ASIDE.test(name)) rmSync(join(folder, name), { force: true })
  }
}
