/** The kernel's part, played: what is asked of it step by step, and what is open. */
import type { Conditions } from '../../../daemon/capture/bpf/conditions.ts'
import { type OwnSource, openOwnSource } from '../../../daemon/capture/bpf/own-source.ts'
import { PLACES, RING_BYTES } from '../../../daemon/capture/bpf/program-table.ts'
import type { Bpf } from '../../../daemon/native/bpf.ts'
import { nativeFault } from '../../../daemon/native/native.ts'

export const NAMES = Object.keys(PLACES) as (keyof typeof PLACES)[]
export const CONDITIONS: Conditions = {
  machine: 'x64',
  isMachineKnown: true,
  cgroup2: [{ path: '/cgroup', inode: 1 }],
  hasCgroup1: false,
  cgroupNamespace: 4026531835,
  pidNamespace: 4026531836,
  userNamespace: 4026531837,
  capabilities: 1n << 21n,
}

export interface Played {
  readonly bpf: Bpf
  /** What is open, in the order in which it was opened. */
  readonly open: Map<number, string>
  readonly done: string[]
  readonly produced: Uint32Array
  readonly data: Uint32Array
  count: number
  /** Lets who waits go on. */
  rouse(isReadable: boolean): void
}

/** `refuse`: the errno for a step, as it is named in `done`; undefined: it succeeds. */
export function play(refuse: (step: string) => string | undefined = () => undefined): Played {
  const [open, done] = [new Map<number, string>(), [] as string[]]
  let next = 10
  const step = (name: string): number => {
    done.push(name)
    const errno = refuse(name)
    if (errno !== undefined) throw nativeFault(name, errno)
    next += 1
    open.set(next, name)
    return next
  }
  const close = (fd: number): void => {
    if (!open.delete(fd)) throw new Error(`closed twice: ${fd}`)
  }
  const produced = new Uint32Array(2)
  const data = new Uint32Array((2 * RING_BYTES) / 4)
  let waiting: ((isReadable: boolean) => void) | null = null
  const played: Played = {
    open,
    done,
    produced,
    data,
    count: 0,
    rouse: (isReadable) => {
      waiting?.(isReadable)
      waiting = null
    },
    bpf: {
      createMap: ({ name }) => step(`map ${name}`),
      loadProgram: ({ name }) => {
        try {
          return step(`program ${name}`)
        } catch (fault) {
          throw Object.assign(fault as Error, { log: `of ${name}` })
        }
      },
      attachToCgroup: (program, cgroup) =>
        step(`attach ${open.get(program)} to ${open.get(cgroup)}`),
      readCount: () => played.count,
      mapRing: () => {
        const fd = step('ring')
        return { data, produced, consumed: new BigUint64Array(1), close: () => close(fd) }
      },
      openWait: () => {
        const fd = step('wait')
        return {
          wait: () =>
            new Promise((resolve) => {
              waiting = resolve
            }),
          end: () => played.rouse(false),
          close: () => close(fd),
        }
      },
      raiseLockedMemory: () => {
        done.push('raise')
        return refuse('raise') === undefined
      },
      openFolder: (path) => step(path),
      close,
    },
  }
  return played
}

export function openWith({ bpf }: Played, change: Partial<Conditions> = {}): OwnSource {
  return openOwnSource({ bpf }, { conditions: () => ({ ...CONDITIONS, ...change }) })
}
