/** The client at the other end of a process' descriptor 0, where no client is above it any more. Pure. */
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { processesAbove } from './above.ts'
import type { Glance } from './glance.ts'
import type { KnownClient } from './known-client.ts'

export interface StdinClientInput {
  readonly table: ProcessTable
  readonly glance: Glance
  readonly parentOf: (process: Process) => Process | null
  /** The pid of the process that holds the other end, or null. */
  stdinHolder(process: Process): number | null
}

/**
 * A client makes the pipe and then starts the server with it, so it is older. Anybody can name a program like a client
 * and hold that end: words that it wrote itself do not count here, nor does one that some server has started.
 */
export function createClientAtStdin(
  input: StdinClientInput,
): (process: Process) => KnownClient | null {
  const { table, glance } = input
  return (process) => {
    if (!talksOverStdin(process)) return null
    const holder = table.processes.get(input.stdinHolder(process) ?? 0)
    if (holder === undefined || holder.startTicks >= process.startTicks) return null
    if (!glance.isSolidClient(holder) || isBelowServer(input, holder)) return null
    const id = glance.clientId(holder)
    return id === null ? null : { id, process: holder }
  }
}

/** Whether descriptor 0 is something that a client could be at the other end of. */
export function talksOverStdin({ stdin }: Process): boolean {
  return stdin === 'pipe' || stdin === 'socket'
}

function isBelowServer(input: StdinClientInput, client: Process): boolean {
  for (const above of processesAbove(input, client))
    if (input.glance.shown(above).some(({ strong }) => strong)) return true
  return false
}
