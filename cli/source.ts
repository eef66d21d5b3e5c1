/** Where answers come from: the running daemon, or the database it left when none runs. Both give the same answer. */
import type { DaemonFile, Findings, Servers } from '../shared/contract/answers.ts'
import type { FindingDetail } from '../shared/contract/finding-detail.ts'
import type { History } from '../shared/contract/history.ts'
import type { Report } from '../shared/contract/report.ts'
import { McpWatchError } from '../shared/errors.ts'
import { createApiClient } from './api-client.ts'
import type { Entry, Filter, Io } from './io.ts'
import type { Duration } from './options.ts'

export interface Source {
  report(since: Duration, filter: Filter): Promise<Report>
  servers(): Promise<Servers>
  findings(since: Duration, filter: Filter): Promise<Findings>
  /** By the beginning of its id. */
  finding(prefix: string): Promise<FindingDetail>
  history(since: Duration, filter: Filter): Promise<History>
}

/** Asks the daemon, or the archive where nobody listens on the daemon's socket (any more). */
export async function askSource<T>(io: Io, ask: (source: Source) => Promise<T>): Promise<T> {
  const entry = await io.entry()
  const daemon = entry.locateDaemon()
  if (daemon !== null) {
    try {
      return await ask(createApiClientSource(daemon))
    } catch (error) {
      // Its process id may have been taken over by a stranger, or it is just ending.
      if (!(error instanceof McpWatchError && error.code === 'NO_DAEMON')) throw error
    }
  }
  return await askArchive(entry, io, ask)
}

function createApiClientSource(daemon: DaemonFile): Source {
  const api = createApiClient(daemon.socket)
  return {
    report: (since, filter) => api.report(since.text, filter),
    servers: () => api.servers(),
    findings: (since, filter) => api.findings(since.text, filter),
    finding: (prefix) => api.finding(prefix),
    history: (since, filter) => api.history(since.text, filter),
  }
}

async function askArchive<T>(
  entry: Entry,
  io: Io,
  ask: (source: Source) => Promise<T>,
): Promise<T> {
  const archive = entry.openArchive()
  try {
    return await ask({
      report: async (since, filter) => {
        const to = io.nowMs()
        return archive.report({ from: to - since.ms, to }, filter)
      },
      servers: async () => archive.servers(),
      findings: async (since, filter) => {
        const to = io.nowMs()
        return archive.findings({ from: to - since.ms, to }, filter)
      },
      finding: async (prefix) => archive.finding(prefix),
      history: async (since, filter) => {
        const to = io.nowMs()
        return archive.history({ from: to - since.ms, to }, filter)
      },
    })
  } finally {
    archive.close()
  }
}

/** The running daemon, else NO_DAEMON. */
export async function requireDaemon(io: Io): Promise<DaemonFile> {
  const daemon = (await io.entry()).locateDaemon()
  if (daemon !== null) return daemon
  throw new McpWatchError('NO_DAEMON', 'no mcp-watch is running', {
    hint: 'start it with "mcp-watch start"',
  })
}
