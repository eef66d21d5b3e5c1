/** Two process tables of one look. Pure. */
import type { Process, ProcessTable } from '../../shared/model/process.ts'

/**
 * The second, with what only the first had: who ended before it, and who forked a process that lost its parent, is in
 * one table and in no other.
 */
export function secondTable(first: ProcessTable, second: ProcessTable): ProcessTable {
  if (first.processes === second.processes) return second
  const processes = new Map(second.processes)
  for (const [pid, before] of first.processes) {
    const now = processes.get(pid)
    if (now === undefined) processes.set(pid, before)
    else if (isSameLife(before, now) && now.ppid !== before.ppid)
      processes.set(pid, { ...now, ppid: before.ppid })
  }
  return { ...second, processes }
}

function isSameLife(one: Process, other: Process): boolean {
  return one.bootId === other.bootId && one.startTicks === other.startTicks
}
