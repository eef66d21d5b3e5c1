/** Processes as the operating system shows them. `argv` is for matching only: it is never stored, logged or shown. */
import type { EpochMs, ProcessKey } from './ids.ts'
import type { ScriptRef } from './server.ts'

/** What a standard descriptor is connected to. */
export type DescriptorKind = 'pipe' | 'socket' | 'terminal' | 'file' | 'null' | 'closed' | 'unknown'

/**
 * How far `argv` can be trusted to be what the process was started with.
 * - `given`: NUL-separated as passed to execve(2) (the process could still have forged it).
 * - `rewritten`: the process replaced it by one string (setproctitle; npm does this).
 * - `joined`: the system only tells one joined string, boundaries are lost (macOS ps).
 */
export type ArgvForm = 'given' | 'rewritten' | 'joined'

export interface Process {
  readonly key: ProcessKey
  readonly bootId: string
  readonly pid: number
  readonly ppid: number
  readonly pgid: number | null
  readonly sid: number | null
  readonly uid: number
  /** Clock ticks since boot at process start (proc(5), stat field 22); seconds × 100 where only seconds are known. */
  readonly startTicks: number
  /** 0 for the first program seen in this process, one more at each exec seen since. */
  readonly epoch: number
  readonly startedAt: EpochMs
  /** Resolved path of the running image; null where the system does not tell. */
  readonly executable: string | null
  /** Short name: set by the process itself, so never evidence. */
  readonly comm: string
  readonly argv: readonly string[]
  readonly argvForm: ArgvForm
  /** Size in bytes of the argument area as execve(2) laid it out; a rewritten title does not change it. Linux only. */
  readonly argvBytes: number | null
  readonly cwd: string | null
  /** For an interpreter: the script it was started with, resolved when the process was first seen. */
  readonly script: ScriptRef | null
  readonly stdin: DescriptorKind
  /** Inode of the pipe or socket that descriptor 0 was when the program was first seen; Linux only, else left out. */
  readonly stdinInode?: number | null
  readonly stdout: DescriptorKind
  /** Network namespace as `net:[inode]`; null where unknown or not applicable. */
  readonly netns: string | null
  /** False when its descriptors may not be read by us (non-dumpable, setuid, another user). */
  readonly readable: boolean
  /** Control group path of cgroup v2, where known. */
  readonly cgroup: string | null
}

/** The process table at one moment, keyed by pid. */
export interface ProcessTable {
  readonly at: EpochMs
  readonly processes: ReadonlyMap<number, Process>
}
