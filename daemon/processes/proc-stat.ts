/** Reading /proc/PID/stat, status and cgroup (proc(5)). Pure and total: what cannot be read is null. */

/** Fields of one stat line. Addresses are 0 where we may not know them (ptrace(2) access is refused). */
export interface StatLine {
  readonly pid: number
  /** Set by the process itself; may hold spaces, parentheses and newlines. */
  readonly comm: string
  readonly state: string
  readonly ppid: number
  /** Null where the leader is outside our pid namespace. */
  readonly pgid: number | null
  readonly sid: number | null
  readonly kernelThread: boolean
  readonly threads: number
  /** Clock ticks since boot; the boot clock, so time spent suspended counts. */
  readonly startTicks: number
  /** Bytes of address space; 0 once a process on its way out has given up its memory. */
  readonly vsize: number
  readonly startStack: number
  readonly argStart: number
  readonly argEnd: number
}

/** PF_KTHREAD, bit of the kernel flags in field 9. */
const KERNEL_THREAD_FLAG = 0x00200000
const STATE_FIELD = 3

/** Parses one stat line; the name ends at the *last* parenthesis, since it may hold any other. */
export function parseStat(bytes: Uint8Array): StatLine | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 1 || close < open) return null
  const fields = text
    .slice(close + 1)
    .trim()
    .split(' ')
  const field = (number: number): number => integer(fields[number - STATE_FIELD])
  const pid = integer(text.slice(0, open).trim())
  const state = fields[0] ?? ''
  const [ppid, threads, startTicks] = [field(4), field(20), field(22)]
  if (![pid, ppid, threads, startTicks].every((value) => value >= 0)) return null
  if (!/^[A-Za-z]$/.test(state)) return null
  return {
    pid,
    comm: text.slice(open + 1, close),
    state,
    ppid,
    pgid: positive(field(5)),
    sid: positive(field(6)),
    kernelThread: (field(9) & KERNEL_THREAD_FLAG) !== 0 && field(9) > 0,
    threads,
    startTicks,
    vsize: Math.max(0, field(23)),
    startStack: Math.max(0, field(28)),
    argStart: Math.max(0, field(48)),
    argEnd: Math.max(0, field(49)),
  }
}

/** Real user id of a status file: the user a setuid program was started by. Newlines in its name are escaped there. */
export function parseRealUid(bytes: Uint8Array): number | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const match = /^Uid:\s+(\d{1,10})\b/m.exec(text)
  return match === null ? null : Number(match[1])
}

/** Path of the version 2 control group (the line `0::`, cgroups(7)). */
export function parseCgroup(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const match = /^0::(\/.*)$/m.exec(text)
  return match?.[1] ?? null
}

/** -1 for what is no whole number. */
function integer(text: string | undefined): number {
  return text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : -1
}

function positive(value: number): number | null {
  return value > 0 ? value : null
}
