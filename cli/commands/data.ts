/** `mcp-watch data stats|prune|erase`: what is kept, and removing it. */
import type { DataChange } from '../../shared/contract/data.ts'
import { type ExitCode, McpWatchError } from '../../shared/errors.ts'
import { createApiClient } from '../api-client.ts'
import { mayDecide } from '../decision.ts'
import type { Filter, Io } from '../io.ts'
import { lookOf } from '../look.ts'
import type { Duration } from '../options.ts'
import { renderChange, renderStats } from '../render/data.ts'
import { jsonText } from '../render/json.ts'
import { clean } from '../render/text.ts'

interface ServerOptions {
  readonly json?: boolean
  readonly server?: string
  readonly client?: string
}

export interface PruneOptions extends ServerOptions {
  readonly olderThan?: Duration
}

export interface EraseOptions extends ServerOptions {
  readonly yes?: boolean
}

/** Reads the database itself, whether a daemon runs or not. */
export async function stats(options: { readonly json?: boolean }, io: Io): Promise<ExitCode> {
  const answer = await (await io.entry()).dataStats()
  io.out(options.json === true ? jsonText(answer) : renderStats(answer, lookOf(io)))
  return 0
}

export async function prune(options: PruneOptions, io: Io): Promise<ExitCode> {
  const { olderThan } = options
  const request = {
    ...filterOf(options),
    ...(olderThan === undefined ? {} : { olderThanMs: Math.round(olderThan.ms) }),
  }
  return await change(options, io, (desk) => desk.prune(request))
}

export async function erase(options: EraseOptions, io: Io): Promise<ExitCode> {
  const filter = filterOf(options)
  const isEverything = Object.keys(filter).length === 0
  if (options.yes !== true) {
    const whose = isEverything ? 'every record' : `every record of ${namedOf(filter)}`
    const agreed = await io.confirm(`Remove ${whose}? It cannot be had back.`)
    if (agreed === null) {
      throw new McpWatchError('USAGE', 'nothing was removed, as nobody could be asked', {
        hint: 'say --yes where no terminal is',
      })
    }
    if (!agreed) {
      io.err('mcp-watch: nothing was removed\n')
      return 0
    }
  }
  const request = isEverything ? { everything: true as const } : filter
  return await change(options, io, (desk) => desk.erase(request))
}

type Desk = Pick<ReturnType<typeof createApiClient>, 'prune' | 'erase'>

/** Through the daemon that runs, else on the files themselves. A watched server must not remove its own traces. */
async function change(
  options: ServerOptions,
  io: Io,
  work: (desk: Desk) => Promise<DataChange>,
): Promise<ExitCode> {
  await mayDecide(io)
  const answer = await changed(io, work)
  io.out(options.json === true ? jsonText(answer) : renderChange(answer, lookOf(io)))
  return 0
}

async function changed(io: Io, work: (desk: Desk) => Promise<DataChange>): Promise<DataChange> {
  const entry = await io.entry()
  const daemon = entry.locateDaemon()
  if (daemon !== null) {
    try {
      const api = createApiClient(daemon.socket)
      // The work itself may take minutes, which are not to be spent on a daemon that is stuck.
      await api.health()
      return await work(api)
    } catch (error) {
      if (!(error instanceof McpWatchError && error.code === 'NO_DAEMON')) throw error
    }
  }
  return await entry.changeData(work)
}

function filterOf({ server, client }: ServerOptions): Filter {
  return {
    ...(server === undefined ? {} : { server }),
    ...(client === undefined ? {} : { client }),
  }
}

function namedOf({ server, client }: Filter): string {
  const parts = [
    server === undefined ? 'all servers' : `the server "${clean(server)}"`,
    client === undefined ? '' : ` of ${clean(client)}`,
  ]
  return parts.join('')
}
