/**
 * A server must not decide what it may do: a command that changes the policy is refused when the process that runs it
 * descends from a watched server. Pure. This stops a server that was talked into running `mcp-watch allow`, or a tool
 * that runs commands for a model; SECURITY.md says what it does not stop.
 */
import type { Status } from '../../shared/contract/answers.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import { stripControl } from '../../shared/text/control.ts'
import { truncate } from '../../shared/text/truncate.ts'

/** A running copy of a server, and the processes that are known to be its. */
export interface RunningCopy {
  readonly server: string
  readonly client: string
  readonly pids: readonly number[]
}

const MAX_NAME = 80
/** Deeper than any real tree; a table that was read while processes came and went could hold a circle. */
const MAX_DEPTH = 1_000

/** `pid` itself, its parent, and so on up to the first process, as far as the table tells. */
export function chainOf(table: ProcessTable, pid: number): readonly number[] {
  const chain: number[] = []
  let at: number | undefined = pid
  while (at !== undefined && at > 0 && chain.length < MAX_DEPTH && !chain.includes(at)) {
    chain.push(at)
    at = table.processes.get(at)?.ppid
  }
  return chain
}

/** What was matched just now, with every member. */
export function copiesIn(
  instances: readonly Instance[],
  servers: readonly Server[],
): readonly RunningCopy[] {
  return instances.map(({ serverIds, members }) => {
    const server = servers.find(({ id }) => id === serverIds[0])
    return {
      server: server?.name ?? 'unknown',
      client: server?.client ?? 'unknown',
      pids: members.map(({ process }) => process.pid),
    }
  })
}

/** What the daemon says. It remembers copies that can no longer be recognised, but tells only the root of each. */
export function copiesOf(status: Status): readonly RunningCopy[] {
  return status.servers.flatMap(({ name, client, instances }) =>
    instances
      .filter(({ endedAt }) => endedAt === null)
      .map(({ rootPid }) => ({ server: name, client, pids: [rootPid] })),
  )
}

/** Throws DECISION_REFUSED when one of `chain` belongs to one of `copies`. */
export function refuseBelowServer(chain: readonly number[], copies: readonly RunningCopy[]): void {
  const above = new Set(chain)
  const copy = copies.find(({ pids }) => pids.some((pid) => above.has(pid)))
  if (copy === undefined) return
  const name = truncate(stripControl(copy.server), MAX_NAME)
  throw new McpWatchError(
    'DECISION_REFUSED',
    `this comes from a process of the server "${name}" of ${copy.client}, which is itself watched: the policy stays as it is`,
    {
      hint: 'if it is your own decision, run the command in a terminal that you have opened yourself',
    },
  )
}
