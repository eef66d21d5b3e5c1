/** Makes the maps, loads the programs and attaches them; all of it, or nothing. */
import { type Bpf, isProgramFault } from '../../native/bpf.ts'
import { isNativeFault } from '../../native/native.ts'
import { patchMaps } from './patch.ts'
import {
  LICENSE,
  MAP_CONSTANTS,
  MAPS,
  type MapName,
  PLACES,
  type ProgramName,
  type Variant,
} from './program-table.ts'
import { INSTRUCTIONS } from './programs.ts'
import type { LoadFailure } from './refusal.ts'

export interface Loaded {
  readonly variant: Variant
  readonly ring: number
  readonly drops: number
  /** Ends capture: the kernel has no program, link or map of ours any more, but for a ring that is mapped. */
  close(): void
}

export type LoadResult = { readonly ok: true; readonly loaded: Loaded } | FailedLoad
interface FailedLoad {
  readonly ok: false
  readonly failure: LoadFailure
}

/** `cgroup`: path of the cgroup2 root. Throws nothing that the kernel says. */
export function loadPrograms(bpf: Bpf, cgroup: string, variant: Variant): LoadResult {
  const open: number[] = []
  const keep = (fd: number): number => {
    open.push(fd)
    return fd
  }
  // Links first: what they run is then not run any more while the rest goes.
  const close = (): void => {
    for (const fd of open.splice(0).reverse()) bpf.close(fd)
  }
  let at: Pick<LoadFailure, 'step' | 'name'> = { step: 'cgroup', name: '' }
  try {
    const maps = {} as Record<MapName, number>
    for (const [name, shape] of Object.entries(MAPS) as [MapName, (typeof MAPS)[MapName]][]) {
      at = { step: 'map', name }
      maps[name] = keep(bpf.createMap(shape))
    }
    const constants = new Map(
      (Object.keys(MAPS) as MapName[]).map((name) => [MAP_CONSTANTS[name], maps[name]]),
    )
    const programs = (Object.keys(PLACES) as ProgramName[]).map((name) => {
      at = { step: 'program', name }
      const instructions = patchMaps(Buffer.from(INSTRUCTIONS[name][variant], 'base64'), constants)
      const image = { name: `mcpw_${name}`, ...PLACES[name], instructions, license: LICENSE }
      return { name, fd: keep(bpf.loadProgram(image)) }
    })
    at = { step: 'cgroup', name: '' }
    const folder = bpf.openFolder(cgroup)
    try {
      for (const { name, fd } of programs) {
        at = { step: 'attach', name }
        keep(bpf.attachToCgroup(fd, folder, PLACES[name].attachType))
      }
    } finally {
      bpf.close(folder)
    }
    return { ok: true, loaded: { variant, ring: maps.ring, drops: maps.drops, close } }
  } catch (fault) {
    close()
    if (!isNativeFault(fault)) throw fault
    const log = isProgramFault(fault) ? fault.log : ''
    return { ok: false, failure: { variant, ...at, errno: fault.errno, log } }
  }
}
