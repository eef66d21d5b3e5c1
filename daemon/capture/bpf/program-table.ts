/** The kernel's programs and maps, as linux/bpf.h numbers their kinds. Where each one is attached: bpf-helpers(7). */
import { MAP_TYPE, type MapShape } from '../../native/bpf.ts'
import type { INSTRUCTIONS } from './programs.ts'

export type ProgramName = keyof typeof INSTRUCTIONS

/** Without the optional helpers, `basic` tells neither name, cgroup nor network namespace of who acts. */
export const VARIANTS = ['full', 'basic'] as const
export type Variant = (typeof VARIANTS)[number]

interface Place {
  readonly type: number
  readonly attachType: number
}

const [CGROUP_SKB, CGROUP_SOCK, SOCK_OPS, CGROUP_SOCK_ADDR] = [8, 9, 13, 18]

/**
 * In the order in which they are attached: the end of a socket is told before its begin can be, and a begin only when
 * all that follows will be.
 */
export const PLACES: Readonly<Record<ProgramName, Place>> = {
  sock_release: { type: CGROUP_SOCK, attachType: 34 },
  sockops: { type: SOCK_OPS, attachType: 3 },
  egress: { type: CGROUP_SKB, attachType: 1 },
  sock_create: { type: CGROUP_SOCK, attachType: 2 },
  sendmsg4: { type: CGROUP_SOCK_ADDR, attachType: 14 },
  sendmsg6: { type: CGROUP_SOCK_ADDR, attachType: 15 },
  connect4: { type: CGROUP_SOCK_ADDR, attachType: 10 },
  connect6: { type: CGROUP_SOCK_ADDR, attachType: 11 },
}

/** The sources are MIT; the kernel gives some helpers only to what can be had under the GPL as well, as MIT can. */
export const LICENSE = 'Dual MIT/GPL'

/** 15,420 records: two tenths of a second at 10,000 connections a second, with seven records each. */
export const RING_BYTES = 2 * 1024 * 1024

export type MapName = 'ring' | 'drops' | 'flows'

/** Keys and values as in flows.h and tell.h. */
export const MAPS: Readonly<Record<MapName, MapShape>> = {
  ring: { name: 'mcpw_ring', type: MAP_TYPE.ring, keyBytes: 0, valueBytes: 0, entries: RING_BYTES },
  drops: { name: 'mcpw_drops', type: MAP_TYPE.array, keyBytes: 4, valueBytes: 8, entries: 1 },
  flows: {
    name: 'mcpw_flows',
    type: MAP_TYPE.lruHash,
    keyBytes: 32,
    valueBytes: 48,
    entries: 8192,
  },
}

/** The constants of tell.h, that stand for maps in the instructions. */
export const MAP_CONSTANTS: Readonly<Record<MapName, bigint>> = {
  ring: 0x6d637057_00000001n,
  drops: 0x6d637057_00000002n,
  flows: 0x6d637057_00000003n,
}
