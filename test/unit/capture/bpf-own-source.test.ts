/** How the kernel's refusals are met, with the kernel's part played. */
import { describe, expect, it } from 'vitest'
import type { Conditions } from '../../../daemon/capture/bpf/conditions.ts'
import { type OwnSource, openOwnSource } from '../../../daemon/capture/bpf/own-source.ts'
import { MAPS, PLACES, RING_BYTES } from '../../../daemon/capture/bpf/program-table.ts'
import { type Refusal, refusalOf } from '../../../daemon/capture/bpf/refusal.ts'
import { RECORD_BYTES } from '../../../daemon/capture/exact/record-layout.ts'
import type { Bpf } from '../../../daemon/native/bpf.ts'
import { nativeFault } from '../../../daemon/native/native.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import { waitFor } from '../../helpers/wait-for.ts'

const NAMES = Object.keys(PLACES) as (keyof typeof PLACES)[]
const CONDITIONS: Conditions = {
  machine: 'x64',
  isMachineKnown: true,
  cgroup2: [{ path: '/cgroup', inode: 1 }],
  hasCgroup1: false,
  cgroupNamespace: 4026531835,
  pidNamespace: 4026531836,
  userNamespace: 4026531837,
  capabilities: 1n << 21n,
}

interface Played {
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
function play(refuse: (step: string) => string | undefined = () => undefined): Played {
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

function openWith({ bpf }: Played, change: Partial<Conditions> = {}): OwnSource {
  return openOwnSource({ bpf }, { conditions: () => ({ ...CONDITIONS, ...change }) })
}

function refusalFrom(run: () => unknown): Refusal {
  try {
    run()
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null || !(error instanceof McpWatchError)) throw error
    expect(error).toMatchObject({ code: 'NO_ENGINE', message: refusal.sentence })
    expect(error.hint).toBe(refusal.hint)
    return refusal
  }
  throw new Error('nothing was refused')
}

/** Writes records as the kernel does. */
function produce(played: Played, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const [at = 0] = played.produced
    played.data[at / 4] = RECORD_BYTES
    played.produced[0] = at + RECORD_BYTES + 8
  }
}

describe('the kernel’s refusals', () => {
  const STEPS = [
    ...Object.values(MAPS).map(({ name }) => `map ${name}`),
    ...NAMES.map((name) => `program mcpw_${name}`),
    ...NAMES.map((name) => `attach program mcpw_${name} to /cgroup`),
    '/cgroup',
    'ring',
    'wait',
  ]
  const ERRNOS = ['EPERM', 'EACCES', 'EINVAL', 'ENOMEM', 'ENOSYS', 'E524', 'EAGAIN']

  it.each(STEPS)('%s: is said, tried without optional helpers, and leaves nothing open', (step) => {
    for (const errno of ERRNOS) {
      const played = play((each) => (each === step ? errno : undefined))
      const refusal = refusalFrom(() => openWith(played))
      expect(refusal.reason).toBe('kernel-refused')
      expect(refusal.sentence).toContain(errno)
      expect(refusal.hint).not.toBe('')
      expect(refusal.failures.map(({ variant }) => variant)).toEqual(['full', 'basic'])
      expect(refusal.failures.every((each) => each.errno === errno)).toBe(true)
      expect([...played.open.values()]).toEqual([])
    }
  })

  it('of a program come with what the verifier said', () => {
    const refused = play((step) => (step === 'program mcpw_sockops' ? 'EINVAL' : undefined))
    const { failures, sentence } = refusalFrom(() => openWith(refused))
    expect(sentence).toContain('program sockops: EINVAL')
    expect(failures[0]).toEqual({
      variant: 'full',
      step: 'program',
      name: 'sockops',
      errno: 'EINVAL',
      log: 'of mcpw_sockops',
    })
  })

  it('of optional helpers alone cost nothing but those', async () => {
    let isFirst = true
    const played = play((step) => {
      if (step !== 'program mcpw_connect4' || !isFirst) return undefined
      isFirst = false
      return 'EINVAL'
    })
    const source = openWith(played)
    expect(source.variant).toBe('basic')
    await source.stop()
    expect([...played.open.values()]).toEqual([])
  })

  it('for want of locked memory are met once, by raising the limit', async () => {
    let isRaised = false
    const old = play((step) => {
      if (step === 'raise') isRaised = true
      return step === 'map mcpw_ring' && !isRaised ? 'EPERM' : undefined
    })
    const source = openWith(old)
    expect(source.variant).toBe('full')
    await source.stop()
    expect(old.done.filter((step) => step === 'raise')).toHaveLength(1)

    const firm = play((step) => (/raise|mcpw_ring/.test(step) ? 'EPERM' : undefined))
    expect(refusalFrom(() => openWith(firm)).hint).toContain('LimitMEMLOCK')
    expect(firm.done.filter((step) => step === 'raise')).toHaveLength(1)
  })

  it('of attaching name who is in the way', () => {
    const taken = play((step) => (step.startsWith('attach') ? 'EPERM' : undefined))
    expect(refusalFrom(() => openWith(taken)).hint).toContain('another program')
    expect(taken.done).not.toContain('raise')
  })

  it('are not waited for where the programs would not tell the truth', () => {
    const played = play()
    expect(refusalFrom(() => openWith(played, { pidNamespace: 1 })).reason).toBe(
      'inner-pid-namespace',
    )
    expect(refusalFrom(() => openWith(played, { capabilities: 0n })).failures).toEqual([])
    expect(played.done).toEqual([])
    const none = (): OwnSource =>
      openOwnSource(
        { bpf: null },
        { conditions: (machine, isMachineKnown) => ({ ...CONDITIONS, machine, isMachineKnown }) },
      )
    expect(refusalFrom(none).reason).toBe('machine-unknown')
  })
})

describe('the source', () => {
  it('is attached when all is loaded, the begin of sockets last', () => {
    const played = play()
    openWith(played)
    const first = played.done.findIndex((step) => step.startsWith('attach'))
    expect(played.done.slice(first).some((step) => step.startsWith('program'))).toBe(false)
    const attached = played.done.filter((step) => step.startsWith('attach'))
    expect(attached.slice(-2).every((step) => /connect[46]/.test(step))).toBe(true)
    // The folder is not kept.
    expect([...played.open.values()]).not.toContain('/cgroup')
  })

  it('hands over records and tells once how many were lost', async () => {
    const played = play()
    const source = openWith(played)
    let taken = 0
    const take = (): void => {
      taken += 1
    }
    produce(played, 3)
    played.count = 5
    expect([source.drain(take), taken]).toEqual([5, 3])
    expect([source.drain(take), taken]).toEqual([0, 3])
    produce(played, 1)
    played.count = 7
    expect([source.drain(take), taken]).toEqual([2, 4])
    await source.stop()
    produce(played, 1)
    expect([source.drain(take), taken]).toEqual([0, 4])
  })

  it('wakes its hearer when something came, not when a wait was in vain', async () => {
    const played = play()
    const source = openWith(played)
    let [woken, round] = [0, 0]
    source.start({
      wake: () => {
        woken += 1
      },
      fail: () => undefined,
    })
    const answers = [false, true, false, true]
    await waitFor(
      () => {
        if (round < answers.length) played.rouse(answers[round++] ?? false)
        return woken === 2
      },
      { what: 'two wakings', deadlineMs: 10_000 },
    )
    await source.stop()
  })

  it('fails once when waiting fails, and can still be stopped', async () => {
    const played = play()
    const bpf: Bpf = {
      ...played.bpf,
      openWait: (ring) => ({
        ...played.bpf.openWait(ring),
        wait: () => Promise.reject(nativeFault('poll', 'EBADF')),
      }),
    }
    const source = openWith({ ...played, bpf })
    const failures: unknown[] = []
    source.start({ wake: () => undefined, fail: (error) => failures.push(error) })
    await waitFor(() => failures.length > 0, { what: 'a failure', deadlineMs: 10_000 })
    await source.stop()
    expect(failures).toMatchObject([{ errno: 'EBADF' }])
    expect([...played.open.values()]).toEqual([])
  })

  it('closes all when it is stopped, links before what they run', async () => {
    const played = play()
    const order: string[] = []
    const bpf: Bpf = {
      ...played.bpf,
      close: (fd) => {
        order.push(played.open.get(fd)?.split(' ')[0] ?? '')
        played.bpf.close(fd)
      },
    }
    const source = openWith({ ...played, bpf })
    source.start({ wake: () => undefined, fail: () => undefined })
    order.length = 0
    await source.stop()
    await source.stop()
    expect([...played.open.values()]).toEqual([])
    expect(order).toEqual([
      ...NAMES.map(() => 'attach'),
      ...NAMES.map(() => 'program'),
      ...Object.keys(MAPS).map(() => 'map'),
    ])
  })
})
