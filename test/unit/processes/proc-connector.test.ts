import { describe, expect, it } from 'vitest'
import { createFamily } from '../../../daemon/processes/family.ts'
import { createProcessEvents } from '../../../daemon/processes/proc-connector.ts'
import {
  type EventRefusal,
  refusalOf,
  type Surroundings,
} from '../../../daemon/processes/proc-connector-refusal.ts'
import { createFakeConnector, type FakeConnector, printDatagram } from './fake-connector.ts'

const OWN = 500
const PROBE = 501
const HOME: Surroundings = {
  pidNamespace: 'pid:[4026531836]',
  userNamespace: 'user:[4026531837]',
  kernelRelease: '6.18.4',
}

function scene(fails: { open?: string; send?: string } = {}, at: Surroundings = HOME) {
  let time = 0
  let probes = 0
  const connector = createFakeConnector(fails)
  const family = createFamily()
  const events = createProcessEvents({
    native: connector.native,
    family,
    spawnProbe: () => {
      probes += 1
      return PROBE
    },
    clock: { wallMs: () => time, monotonicMs: () => time },
    surroundings: at,
    ownPid: OWN,
  })
  const pass = (ms: number): void => {
    time += ms
  }
  return { connector, family, events, pass, probes: () => probes }
}

function acknowledge(connector: FakeConnector, error = 0): Uint8Array {
  const words = new Uint32Array((connector.sent[0] ?? new Uint8Array(40)).slice().buffer)
  return printDatagram([{ kind: 'ack', acknowledgement: (words[7] ?? 0) + 1, error }])
}

function working() {
  const made = scene()
  made.connector.queue.push(acknowledge(made.connector))
  made.events.drain()
  made.connector.queue.push(printDatagram([{ kind: 'fork', parent: OWN, child: PROBE, atNs: 1 }]))
  made.events.drain()
  return made
}

describe('process events', () => {
  it('work once acknowledged and once a fork of our own was told, and not before', () => {
    const { connector, events, probes } = scene()
    connector.queue.push(
      printDatagram([{ kind: 'ack', acknowledgement: 1, error: 0 }]),
      printDatagram([{ kind: 'fork', parent: OWN, child: PROBE, atNs: 1 }]),
    )
    events.drain()
    expect([events.state(), probes()]).toEqual(['probing', 0])
    connector.queue.push(acknowledge(connector))
    events.drain()
    expect([events.state(), probes()]).toEqual(['probing', 1])
    connector.queue.push(printDatagram([{ kind: 'fork', parent: 7, child: PROBE, atNs: 1 }]))
    events.drain()
    expect(events.state()).toBe('probing')
    connector.queue.push(printDatagram([{ kind: 'fork', parent: OWN, child: PROBE, atNs: 1 }]))
    events.drain()
    expect([events.state(), probes()]).toEqual(['working', 1])
  })

  it('give what concerns the family, in order, and fold it', () => {
    const { connector, family, events } = working()
    family.watch([10])
    connector.queue.push(
      printDatagram([{ kind: 'fork', parent: 10, child: 11, atNs: 5_000_000_000_123 }]),
      printDatagram([{ kind: 'fork', parent: 90, child: 91, atNs: 1 }]),
      printDatagram([{ kind: 'exec', pid: 11 }]),
      printDatagram([{ kind: 'exit', pid: 91 }]),
      printDatagram([{ kind: 'exit', pid: 11 }]),
    )
    expect(events.drain()).toEqual({
      events: [
        { kind: 'fork', parent: 10, child: 11, atNs: 5_000_000_000_123 },
        { kind: 'exec', pid: 11 },
        { kind: 'exit', pid: 11 },
      ],
      lost: false,
    })
    expect(events.drain().events).toEqual([])
  })

  it('tell of a number of the family that a stranger forks anew: what comes after is not the family’s', () => {
    const { connector, events, family } = working()
    family.watch([10])
    connector.queue.push(
      printDatagram([
        { kind: 'fork', parent: 10, child: 11, atNs: 100 },
        { kind: 'exit', pid: 11 },
        { kind: 'fork', parent: 99, child: 11, atNs: 200 },
        { kind: 'fork', parent: 11, child: 12, atNs: 300 },
      ]),
    )
    expect(events.drain().events).toHaveLength(3)
    const asked = [
      [11, 150],
      [11, 250],
      [12, 350],
    ] as const
    expect(asked.map(([pid, atNs]) => family.isMember(pid, atNs))).toEqual([true, false, false])
  })

  it('say when the kernel threw some away, and go on', () => {
    const { connector, family, events } = working()
    family.watch([10])
    connector.queue.push('ENOBUFS', printDatagram([{ kind: 'exec', pid: 10 }]))
    expect(events.drain()).toEqual({ events: [{ kind: 'exec', pid: 10 }], lost: true })
    expect(events.drain().lost).toBe(false)
    expect(events.state()).toBe('working')
    expect(family.take().incomplete).toBe(true)
  })

  it('do not stay in a storm: what is left comes with the next call', () => {
    const { connector, events } = working()
    const one = printDatagram([{ kind: 'exit', pid: 4 }])
    for (let count = 0; count < 15_000; count += 1) connector.queue.push(one)
    events.drain()
    expect(connector.queue.length).toBeGreaterThan(0)
    events.drain()
    expect(connector.queue.length).toBe(0)
  })

  it('are tried again now and then: somebody else can have ended them for all', () => {
    const { connector, events, pass, probes } = working()
    events.drain()
    expect(probes()).toBe(1)
    pass(61_000)
    events.drain()
    expect([events.state(), probes()]).toEqual(['working', 2])
    connector.queue.push(printDatagram([{ kind: 'fork', parent: OWN, child: PROBE, atNs: 1 }]))
    pass(1_000)
    events.drain()
    pass(1_000)
    events.drain()
    expect([events.state(), probes()]).toEqual(['working', 2])
    pass(61_000)
    events.drain()
    pass(1_000)
    events.drain()
    expect(events.state()).toEqual({ refused: 'no-acknowledgement' })
  })

  it('are not given up when the fork that was waited for is among those that were lost', () => {
    const { connector, events, pass, probes } = scene()
    connector.queue.push(acknowledge(connector))
    events.drain()
    connector.queue.push('ENOBUFS')
    pass(1_000)
    events.drain()
    expect([events.state(), probes()]).toEqual(['probing', 2])
    connector.queue.push(printDatagram([{ kind: 'fork', parent: OWN, child: PROBE, atNs: 1 }]))
    events.drain()
    expect(events.state()).toBe('working')
  })

  it('end their subscription when closed', () => {
    const { connector, events } = working()
    events.close()
    events.close()
    expect(connector.isClosed()).toBe(true)
    expect(connector.sent).toHaveLength(2)
    expect(connector.sent[1]?.[36]).toBe(2)
    expect(events.drain()).toEqual({ events: [], lost: false })
  })
})

const elsewhere = (change: Partial<Surroundings>): Surroundings => ({ ...HOME, ...change })

describe('a refusal', () => {
  it.each<[string, { open?: string; send?: string }, Surroundings, EventRefusal]>([
    ['no permission', { open: 'EPERM' }, HOME, 'not-permitted'],
    ['an older kernel', { open: 'EPERM' }, elsewhere({ kernelRelease: '6.5.0' }), 'kernel-too-old'],
    ['a kernel without it', { open: 'EPROTONOSUPPORT' }, HOME, 'kernel-too-old'],
    ['another network', { send: 'ECONNREFUSED' }, HOME, 'other-network-namespace'],
  ])('for %s', (_name, fails, at, reason) => {
    const { events } = scene(fails, at)
    expect(events.state()).toEqual({ refused: reason })
    expect(events.whyNot()).toMatch(/^[A-Z].*\.$/)
    expect(events.drain()).toEqual({ events: [], lost: false })
  })

  it.each<[string, Surroundings, EventRefusal]>([
    ['pids of a container', elsewhere({ pidNamespace: 'pid:[4026532000]' }), 'other-pid-namespace'],
    ['users of its own', elsewhere({ userNamespace: 'user:[4026532001]' }), 'other-user-namespace'],
    ['no reason known', HOME, 'no-acknowledgement'],
  ])('by silence, with %s', (_name, at, reason) => {
    const { events, connector, pass } = scene({}, at)
    events.drain()
    expect(events.state()).toBe('probing')
    pass(60_000)
    events.drain()
    expect(events.state()).toEqual({ refused: reason })
    expect(connector.isClosed()).toBe(true)
  })

  it('that the kernel gives for an answer counts', () => {
    const { events, connector } = scene()
    connector.queue.push(acknowledge(connector, 1))
    events.drain()
    expect(events.state()).toEqual({ refused: 'not-permitted' })
  })

  it('comes too when no fork of our own is told', () => {
    const { events, connector, pass } = scene()
    connector.queue.push(acknowledge(connector))
    events.drain()
    pass(60_000)
    events.drain()
    expect(events.state()).toEqual({ refused: 'no-acknowledgement' })
  })

  it('is known without koffi, and of errors that nobody foresaw', () => {
    const family = createFamily()
    const clock = { wallMs: () => 0, monotonicMs: () => 0 }
    const deps = { native: null, family, spawnProbe: () => null, clock, surroundings: HOME }
    expect(createProcessEvents(deps).state()).toEqual({ refused: 'native-missing' })
    expect(refusalOf({ errno: 'EBADF' }, HOME)).toBe('no-acknowledgement')
  })
})
