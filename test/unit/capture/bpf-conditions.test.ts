import { describe, expect, it } from 'vitest'
import {
  CAPABILITY,
  type Conditions,
  judgeConditions,
  missingCapabilities,
} from '../../../daemon/capture/bpf/conditions.ts'
import { parseCapabilities, parseMounts } from '../../../daemon/capture/bpf/proc-self.ts'

const bit = (name: keyof typeof CAPABILITY): bigint => 1n << BigInt(CAPABILITY[name])
const THREE = bit('CAP_BPF') | bit('CAP_NET_ADMIN') | bit('CAP_PERFMON')

const GOOD: Conditions = {
  machine: 'x64',
  isMachineKnown: true,
  cgroup2: [{ path: '/sys/fs/cgroup', inode: 1 }],
  hasCgroup1: false,
  cgroupNamespace: 4026531835,
  pidNamespace: 4026531836,
  userNamespace: 4026531837,
  capabilities: THREE,
}

function reasonOf(change: Partial<Conditions>): string {
  const judged = judgeConditions({ ...GOOD, ...change })
  return judged.ok ? judged.cgroup : `${judged.refusal.reason}: ${judged.refusal.sentence}`
}

describe('where the kernel’s programs may be used', () => {
  it('is the host itself, with three capabilities', () => {
    expect(reasonOf({})).toBe('/sys/fs/cgroup')
  })

  it('includes hosts with both versions of control groups', () => {
    const unified = { path: '/sys/fs/cgroup/unified', inode: 1 }
    expect(reasonOf({ cgroup2: [unified], hasCgroup1: true })).toBe(unified.path)
    const part = { path: '/mnt/part', inode: 77 }
    expect(reasonOf({ cgroup2: [part, unified] })).toBe(unified.path)
  })

  it.each<[string, Partial<Conditions>]>([
    ['machine-unknown', { machine: 'riscv64', isMachineKnown: false }],
    ['inner-pid-namespace', { pidNamespace: 4026532200 }],
    ['inner-pid-namespace', { pidNamespace: null }],
    ['inner-cgroup-namespace', { cgroupNamespace: 4026532200 }],
    ['inner-cgroup-namespace', { cgroupNamespace: null }],
    ['inner-user-namespace', { userNamespace: 4026532200 }],
    ['no-cgroup2', { cgroup2: [], hasCgroup1: true }],
    ['no-cgroup2', { cgroup2: [], hasCgroup1: false }],
    ['no-cgroup2', { cgroup2: [{ path: '/sys/fs/cgroup', inode: 5120 }] }],
    ['no-cgroup2', { cgroup2: [{ path: '/sys/fs/cgroup', inode: null }] }],
    ['capabilities-missing', { capabilities: 0n }],
    ['capabilities-missing', { capabilities: null }],
  ])('is refused elsewhere: %s', (reason, change) => {
    expect(reasonOf(change)).toMatch(new RegExp(`^${reason}: [A-Z].*\\.$`))
  })

  it('says of a machine with the old control groups alone that it is one', () => {
    expect(reasonOf({ cgroup2: [], hasCgroup1: true })).toContain('version 1')
  })

  it.each(['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON'] as const)('names %s alone', (name) => {
    expect(missingCapabilities(THREE & ~bit(name))).toEqual([name])
    expect(reasonOf({ capabilities: THREE & ~bit(name) })).toContain(`lacks ${name}.`)
  })

  it('takes CAP_SYS_ADMIN for all of them', () => {
    expect(missingCapabilities(bit('CAP_SYS_ADMIN'))).toEqual([])
  })
})

describe('what /proc/self says', () => {
  it('of mounts', () => {
    const text = [
      '25 30 0:23 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu',
      '26 30 0:24 / /sys/fs/cgroup/un\\040ified rw,relatime - cgroup2 cgroup2 rw',
      '27 30 0:25 / /home rw shared:1 master:2 - ext4 /dev/sda1 rw',
      'nonsense',
      '',
    ].join('\n')
    expect(parseMounts(text)).toEqual({
      cgroup2: ['/sys/fs/cgroup/un ified'],
      hasCgroup1: true,
    })
    expect(parseMounts('')).toEqual({ cgroup2: [], hasCgroup1: false })
  })

  it('of capabilities', () => {
    expect(parseCapabilities('Name:\tnode\nCapEff:\t000000c000001000\nCapBnd:\t0\n')).toBe(THREE)
    expect(parseCapabilities('Name:\tCapEff:\t1\n')).toBeNull()
    expect(parseCapabilities('')).toBeNull()
  })
})
