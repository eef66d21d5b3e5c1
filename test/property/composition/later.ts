/** The same machine a moment later: launchers and clients have ended, numbers were given again. */
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Copy, World } from './world.ts'

const INIT = 1

/** With the second table goes what is true of it. */
export function moveOn(world: World): World {
  const processes = new Map(world.machine.processes)
  const truth = new Map(world.truth)
  let ticks = 10 * (processes.size + 100)
  const end = (ended: ReadonlySet<number>): void => {
    for (const pid of ended) {
      processes.delete(pid)
      truth.delete(pid)
    }
    for (const [pid, process] of processes)
      if (ended.has(process.ppid)) processes.set(pid, { ...process, ppid: INIT })
  }
  for (const copy of world.copies) {
    const { fate } = copy.start
    if (fate === 'launcher ends')
      end(new Set(copy.tree.processes.filter((p) => p !== copy.tree.server).map(({ pid }) => pid)))
    if (fate === 'client ends') end(new Set([copy.client.pid]))
    if (fate === 'number is reused') {
      end(new Set([copy.root.pid]))
      ticks += 10
      if (isFree(processes, copy.root.pid)) processes.set(copy.root.pid, stranger(copy, ticks))
    }
  }
  return { ...world, machine: { ...world.machine, processes }, truth }
}

/** No number is given again while a process group or session goes by it. */
function isFree(processes: ReadonlyMap<number, Process>, number: number): boolean {
  return [...processes.values()].every(({ pgid, sid }) => pgid !== number && sid !== number)
}

/** Given the number of a root that has ended. */
function stranger({ root }: Copy, startTicks: number): Process {
  return {
    ...root,
    key: `b:${root.pid}:${startTicks}:0` as ProcessKey,
    ppid: INIT,
    pgid: root.pid,
    sid: root.pid,
    startTicks,
    startedAt: startTicks * 10,
    executable: '/usr/bin/htop',
    comm: 'htop',
    argv: ['htop'],
    argvForm: 'given',
    argvBytes: 5,
    script: null,
    stdin: 'terminal',
    stdout: 'terminal',
  }
}
