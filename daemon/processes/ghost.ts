/** A process that is known by its events alone: it ended before anything of it could be read. Pure. */
import type { Process } from '../../shared/model/process.ts'
import type { Lived } from '../ports.ts'
import { TICKS_PER_SECOND } from './fork-stamps.ts'
import { processKey } from './proc-look.ts'

/**
 * Below `above`, of which it has what a fork hands down and a program seldom changes: namespace and control group. And
 * the program itself, while it bears its name still: execve(2) would have given it another.
 * It counts as readable, for nothing of it is kept from us: there is nothing left to read.
 */
export function ghostOf(
  pid: number,
  startTicks: number,
  { uid, comm }: Pick<Lived, 'uid' | 'comm'>,
  above: Process,
): Process {
  const { bootId, netns, cgroup } = above
  const ageTicks = startTicks - above.startTicks
  return {
    key: processKey(bootId, pid, startTicks, 0),
    bootId,
    pid,
    ppid: above.pid,
    pgid: null,
    sid: null,
    uid,
    startTicks,
    epoch: 0,
    startedAt: above.startedAt + (ageTicks * 1000) / TICKS_PER_SECOND,
    executable: comm === above.comm ? above.executable : null,
    comm,
    argv: [],
    argvForm: 'given',
    argvBytes: null,
    cwd: null,
    script: null,
    stdin: 'unknown',
    stdout: 'unknown',
    netns,
    readable: true,
    cgroup,
  }
}
