/**
 * Whether the kernel's programs would tell the truth here. They can be loaded inside containers too, but see only a part
 * of the machine there, and name processes by numbers that mean others. Pure.
 */
import type { Refusal } from './refusal.ts'

/** What /proc and the cgroup mounts say of this process. */
export interface Conditions {
  /** As Node names it. */
  readonly machine: string
  /** The number of bpf(2) is known, and so is the meaning of its words. */
  readonly isMachineKnown: boolean
  readonly cgroup2: readonly { readonly path: string; readonly inode: number | null }[]
  readonly hasCgroup1: boolean
  /** Inodes of /proc/self/ns/…; null where they cannot be read. */
  readonly cgroupNamespace: number | null
  readonly pidNamespace: number | null
  readonly userNamespace: number | null
  /** CapEff of /proc/self/status; null where it cannot be read. */
  readonly capabilities: bigint | null
}

/** What the first namespaces of a machine have for numbers (linux/proc_ns.h). */
const INITIAL = { cgroup: 0xeffffffb, pid: 0xeffffffc, user: 0xeffffffd } as const
/** A mount of another cgroup than the root has that one's number. */
const ROOT_INODE = 1

/** capabilities(7). */
export const CAPABILITY = {
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const
export const NEEDED_CAPABILITIES = ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON'] as const

export type Judged =
  | { readonly ok: true; readonly cgroup: string }
  | { readonly ok: false; readonly refusal: Refusal }

/** The cgroup to attach to, or the first thing that forbids it. */
export function judgeConditions(found: Conditions): Judged {
  const { cgroup2, machine } = found
  if (!found.isMachineKnown) {
    return refuse(
      'machine-unknown',
      `Exact capture is not made for this kind of machine (${machine}).`,
      {
        hint: 'it runs on x86-64 and 64-bit ARM',
      },
    )
  }
  if (found.pidNamespace !== INITIAL.pid) {
    return inside('inner-pid-namespace', 'process numbers of its own (a pid namespace)')
  }
  if (found.cgroupNamespace !== INITIAL.cgroup) {
    return inside('inner-cgroup-namespace', 'control groups of its own (a cgroup namespace)')
  }
  if (found.userNamespace !== INITIAL.user) {
    return inside('inner-user-namespace', 'users of its own (a user namespace)')
  }
  const root = cgroup2.find(({ inode }) => inode === ROOT_INODE)
  if (root === undefined)
    return refuse('no-cgroup2', sentenceOfCgroups(found), { hint: MOUNT_HINT })
  const missing = missingCapabilities(found.capabilities ?? 0n)
  if (missing.length > 0) {
    return refuse('capabilities-missing', `Exact capture lacks ${missing.join(', ')}.`, {
      hint: `run the capture service, or give this process ${NEEDED_CAPABILITIES.join(', ')}`,
    })
  }
  return { ok: true, cgroup: root.path }
}

/** CAP_SYS_ADMIN contains the others as far as bpf(2) goes. */
export function missingCapabilities(effective: bigint): readonly string[] {
  const has = (name: keyof typeof CAPABILITY): boolean =>
    ((effective >> BigInt(CAPABILITY[name])) & 1n) === 1n
  return has('CAP_SYS_ADMIN') ? [] : NEEDED_CAPABILITIES.filter((name) => !has(name))
}

const MOUNT_HINT = 'exact capture needs the root of a cgroup2 mount, as systemd makes one'

function sentenceOfCgroups({ cgroup2, hasCgroup1 }: Conditions): string {
  if (cgroup2.length > 0) return 'Only a part of the cgroup2 tree is visible here, not its root.'
  return hasCgroup1
    ? 'Only control groups of version 1 are mounted here.'
    : 'No cgroup2 mount is visible here.'
}

function inside(reason: Refusal['reason'], what: string): Judged {
  return refuse(reason, `Exact capture would see wrong things here, inside ${what}.`, {
    hint: 'run it on the host itself, outside of any container',
  })
}

function refuse(reason: Refusal['reason'], sentence: string, { hint }: { hint: string }): Judged {
  return { ok: false, refusal: { reason, sentence, hint, failures: [] } }
}
