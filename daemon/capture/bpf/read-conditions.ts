/** Reads what `judgeConditions` judges. Never throws: what cannot be read is not there. */
import { readFileSync, readlinkSync, statSync } from 'node:fs'
import type { Conditions } from './conditions.ts'
import { type CgroupMounts, parseCapabilities, parseMounts } from './proc-self.ts'

export function readConditions(machine: string, isMachineKnown: boolean): Conditions {
  const mounts: CgroupMounts = parseMounts(read('/proc/self/mountinfo'))
  return {
    machine,
    isMachineKnown,
    cgroup2: mounts.cgroup2.map((path) => ({ path, inode: inodeOf(path) })),
    hasCgroup1: mounts.hasCgroup1,
    cgroupNamespace: namespace('cgroup'),
    pidNamespace: namespace('pid'),
    userNamespace: namespace('user'),
    capabilities: parseCapabilities(read('/proc/self/status')),
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function inodeOf(path: string): number | null {
  try {
    return statSync(path).ino
  } catch {
    return null
  }
}

function namespace(kind: string): number | null {
  try {
    const digits = /\[(\d+)\]$/.exec(readlinkSync(`/proc/self/ns/${kind}`))?.[1]
    return digits === undefined ? null : Number(digits)
  } catch {
    return null
  }
}
