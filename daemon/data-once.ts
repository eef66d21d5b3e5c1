/** The `data` commands' part that needs the files: what is kept, and removing it while no daemon runs. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DataStats } from '../shared/contract/data.ts'
import { McpWatchError } from '../shared/errors.ts'
import { RETENTION_UNKNOWN, type RetentionSettings } from '../shared/model/policy.ts'
import type { DataDesk } from './api/data-routes.ts'
import { composePolicy, thisMachine } from './compose.ts'
import { createDataDesk, SET_ASIDE } from './data-desk.ts'
import { asUser, asUserNow } from './host/as-user.ts'
import { silentLog } from './host/log.ts'
import { openArchive } from './query/archive.ts'
import { takeStateLock } from './store/lock.ts'
import { DATABASE_FILE } from './store/schema.ts'
import { openStore } from './store/store.ts'

/** Throws NO_DATA. */
export function dataStats(): DataStats {
  const machine = thisMachine()
  const { folders, owner } = machine
  const path = join(folders.state, DATABASE_FILE)
  return asUserNow(owner, () => {
    const archive = openArchive({ folder: folders.state })
    try {
      const { bytes, kinds, servers, destinations } = archive.stats()
      const kept = keptOf(composePolicy(machine, silentLog).state().policy.retention)
      return {
        schemaVersion: 1,
        path,
        bytes: {
          ...bytes,
          onDisk: ['', '-wal', '-shm'].reduce((sum, suffix) => sum + sizeOf(path + suffix), 0),
          limit: kept.limit,
        },
        setAside: readdirSync(folders.state)
          .filter((name) => SET_ASIDE.test(name))
          .sort(),
        kinds: kinds.map((each) => ({ ...each, keptMs: kept[each.kind] })),
        servers,
        destinations,
      }
    } finally {
      archive.close()
    }
  })
}

function keptOf(settings: RetentionSettings) {
  if (settings === RETENTION_UNKNOWN) {
    return {
      connections: null,
      hours: null,
      days: null,
      reached: null,
      findings: null,
      changes: null,
      gaps: null,
      limit: null,
    }
  }
  const { connectionsMs, hoursMs, daysMs, findingsMs, maxBytes } = settings
  return {
    connections: connectionsMs,
    hours: hoursMs,
    days: daysMs,
    reached: connectionsMs,
    findings: findingsMs,
    changes: findingsMs,
    gaps: daysMs,
    limit: maxBytes,
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** Holds the lock meanwhile. Throws DAEMON_RUNNING, NO_DATA, STATE_FOLDER, DATABASE_CORRUPT and what the desk throws. */
export async function changeData<T>(work: (desk: DataDesk) => Promise<T>): Promise<T> {
  const machine = thisMachine()
  const { folders, owner, clock } = machine
  return await asUser(owner, async () => {
    // Where nothing was recorded there is nothing to remove, and no database is made for that.
    const archive = openArchive({ folder: folders.state })
    const lock = takeStateLock(folders.state)
    try {
      if (lock === null) {
        throw new McpWatchError('DAEMON_RUNNING', 'a running mcp-watch holds the records', {
          hint: 'it does not answer; end it with "mcp-watch stop"',
        })
      }
      // Who asks for records to be removed must hear that there is no telling which there are.
      const store = openStore({
        folder: folders.state,
        clock,
        log: silentLog,
        damaged: 'leave',
      })
      try {
        const run: Parameters<typeof createDataDesk>[0]['run'] = async (job) =>
          store.tend((db) => {
            const steps = job(db)
            let step = steps.next()
            while (step.done !== true) step = steps.next()
            return step.value
          })
        const settings = (): RetentionSettings =>
          composePolicy(machine, silentLog).state().policy.retention
        return await work(
          createDataDesk({ folder: folders.state, clock, archive, run, settings, isAlone: true }),
        )
      } finally {
        // The last to close folds the journal in and takes it away, which a reader cannot.
        archive.close()
        store.close()
      }
    } finally {
      archive.close()
      lock?.release()
    }
  })
}
