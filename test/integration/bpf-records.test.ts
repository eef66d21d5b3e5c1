/** What the kernel's programs tell of real sockets, in a network namespace of their own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SocketEvent } from '../../daemon/capture/exact/socket-event.ts'
import { findTool } from '../../daemon/capture/run-tool.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { type Heard, hear, whyNot } from './bpf-source.ts'

const onLinux = process.platform === 'linux'
const refused = onLinux ? await whyNot() : 'this is not Linux'
const plain = process.getuid?.() === 0 ? null : 'only root may make networks'
const tools = ['unshare', 'python3'].filter((tool) => findTool(tool) === null)
const why = refused ?? plain ?? (tools.length > 0 ? `${tools.join(', ')} is missing` : null)

const SCENE = join(import.meta.dirname, 'bpf-scene.py')
const [HOST, OTHER] = ['127.77.4.1', '127.77.4.2']

interface Step {
  readonly name: string
  readonly cookie: number
  readonly local?: number
  readonly port?: number
  readonly tid?: number
  readonly pid?: number
}

describe.skipIf(why !== null)(`records of real sockets (${why ?? 'as they come'})`, () => {
  let heard: Heard
  let child: ChildProcess
  const steps = new Map<string, Step>()

  beforeAll(async () => {
    heard = await hear()
    child = spawn('unshare', ['-n', 'python3', SCENE], { stdio: ['pipe', 'pipe', 'inherit'] })
    if (child.stdout === null) throw new Error('the scene has no output')
    for await (const line of createInterface({ input: child.stdout })) {
      const step = JSON.parse(line) as Step
      steps.set(step.name, step)
      if (step.name === 'done') break
    }
  })
  afterAll(async () => {
    if (child.exitCode === null) {
      const exited = once(child, 'exit')
      child.stdin?.end()
      await exited
    }
    await heard.source.stop()
  })

  const step = (name: string): Step => {
    const found = steps.get(name)
    if (found === undefined) throw new Error(`the scene did not come to ${name}`)
    return found
  }
  /** The events of that step, once the last of them came. */
  const eventsOf = async (name: string, last: SocketEvent['kind']): Promise<SocketEvent[]> => {
    const { cookie } = step(name)
    const seen = (): boolean => heard.kinds(cookie).includes(last)
    await waitFor(seen, {
      what: () => `${name}: ${last} after ${heard.kinds(cookie).join()}`,
      deadlineMs: 20_000,
    })
    return [...heard.of(cookie)]
  }
  const kindsOf = async (name: string, last: SocketEvent['kind'] = 'released') =>
    (await eventsOf(name, last)).map(({ kind }) => kind)
  const only = <K extends SocketEvent['kind']>(
    events: readonly SocketEvent[],
    kind: K,
  ): Extract<SocketEvent, { kind: K }>[] =>
    events.filter((event): event is Extract<SocketEvent, { kind: K }> => event.kind === kind)
  const at = (address: string, port: number) => ({ address, port, zone: null })

  it('tell who connects to whom, from when on, and in which network', async () => {
    const events = await eventsOf('own closes first', 'closed')
    const { local = 0, port = 0 } = step('own closes first')
    const [connect] = only(events, 'connect')
    const { pid } = step('done')
    expect(connect).toMatchObject({
      protocol: 'tcp',
      by: { pid, uid: 0, comm: expect.stringMatching(/^python/) },
      remote: at(HOST, port),
    })
    expect(connect?.netnsCookie).toBeGreaterThan(0)
    expect(only(events, 'connecting')).toMatchObject([
      { local: at('127.0.0.1', local), remote: at(HOST, port) },
    ])
    const times = events.map(({ atNs }) => atNs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times[0]).toBeLessThanOrEqual(Number(process.hrtime.bigint()))
  })

  it('follow a connection to its end, with every byte', async () => {
    const own = await eventsOf('own closes first', 'released')
    expect(own.map(({ kind }) => kind)).toEqual([
      'connect',
      'connecting',
      'established',
      'half-closed',
      'closed',
      'released',
    ])
    // Payload, SYN and FIN one way, payload and FIN the other.
    expect(only(own, 'closed')).toMatchObject([
      { from: 5, acked: 102, received: 51, isAllAcked: true },
    ])
    const peer = await eventsOf('peer closes first', 'closed')
    expect(only(peer, 'closed')).toMatchObject([
      { from: 9, acked: 102, received: 51, isAllAcked: true },
    ])
    expect(peer.map(({ kind }) => kind).sort()).toEqual(
      ['closed', 'connect', 'connecting', 'established', 'released'].sort(),
    )
    const reset = await eventsOf('reset', 'closed')
    expect(only(reset, 'closed')).toMatchObject([{ from: 1, acked: 101, received: 50 }])
  })

  it('know IPv6, and IPv4 in the form of IPv6', async () => {
    const six = await eventsOf('IPv6', 'closed')
    const { local = 0, port = 0 } = step('IPv6')
    expect(only(six, 'connect')).toMatchObject([{ remote: at('::1', port) }])
    expect(only(six, 'connecting')).toMatchObject([
      { local: at('::1', local), remote: at('::1', port) },
    ])
    const mapped = await eventsOf('mapped', 'closed')
    expect(only(mapped, 'connect')).toMatchObject([{ remote: at(HOST, port) }])
    expect(only(mapped, 'connecting')).toMatchObject([{ remote: at(HOST, port) }])
    expect(only(mapped, 'closed')).toMatchObject([{ acked: 102, received: 51 }])
  })

  it('tell how an attempt failed', async () => {
    expect(await kindsOf('refused')).toEqual(['connect', 'connecting', 'closed', 'released'])
    expect(only(await eventsOf('refused', 'closed'), 'closed')).toMatchObject([{ from: 2 }])
    expect(await kindsOf('no route')).toEqual(['connect', 'released'])
    const abandoned = await eventsOf('abandoned', 'released')
    expect(only(abandoned, 'released')).toMatchObject([{ state: 2 }])
    expect(abandoned.map(({ kind }) => kind)).not.toContain('established')
    const unanswered = await eventsOf('unanswered', 'retried')
    expect(unanswered.map(({ kind }) => kind)).toEqual(['connect', 'connecting', 'retried'])
    // The first wait is a second, as without programs (RFC 6298).
    const [, sent, again] = unanswered
    expect(again).toMatchObject({ isLast: false })
    expect((again?.atNs ?? 0) - (sent?.atNs ?? 0)).toBeGreaterThan(0.9e9)
  })

  it('tell of UDP what was sent, and of a mere connect nothing but that', async () => {
    const { port = 0 } = step('connected')
    const connected = await eventsOf('connected', 'released')
    expect(connected.map(({ kind }) => kind)).toEqual([
      'connect',
      'datagram',
      'datagram',
      'released',
    ])
    expect(only(connected, 'connect')).toMatchObject([{ protocol: 'udp', remote: at(HOST, port) }])
    expect(only(connected, 'datagram')).toMatchObject([
      { remote: at(HOST, port), datagrams: 1, bytes: 20 },
      { remote: at(HOST, port), datagrams: 3, bytes: 60 },
    ])
    expect(await kindsOf('intent')).toEqual(['connect', 'released'])
    expect(await kindsOf('port 0')).toEqual(['released'])
  })

  it('tell of each destination of an unconnected socket once', async () => {
    const { port = 0 } = step('sendto')
    const events = await eventsOf('sendto', 'released')
    expect(events.map(({ kind }) => kind)).toEqual([
      'send',
      'datagram',
      'send',
      'datagram',
      'released',
    ])
    expect(only(events, 'send')).toMatchObject([
      { remote: at(HOST, port), by: { pid: step('done').pid } },
      { remote: at(OTHER, port) },
    ])
    const six = await eventsOf('sendto IPv6', 'released')
    expect(only(six, 'send')).toMatchObject([
      { remote: at('::1', step('sendto IPv6').port ?? 0) },
      { remote: at(HOST, port) },
    ])
    expect(only(six, 'datagram')).toMatchObject([{ bytes: 7 }, { bytes: 8 }])
  })

  it('count datagrams whatever the form of the address or the packet', async () => {
    const sums = async (name: string) =>
      only(await eventsOf(name, 'released'), 'datagram').map(({ datagrams, bytes }) => [
        datagrams,
        bytes,
      ])
    expect(await sums('connected mapped')).toEqual([
      [1, 5],
      [2, 11],
    ])
    expect(await sums('connected IPv6')).toEqual([[1, 5]])
    expect(await sums('options')).toEqual([[1, 11]])
    expect(await sums('larger than a packet')).toEqual([[1, 5000]])
    expect(await sums('segmented')).toEqual([[10, 1000]])
  })

  it('tell the sums again while a socket goes on sending', async () => {
    const { cookie } = step('steady')
    const sums = () => only(heard.of(cookie), 'datagram')
    await waitFor(() => sums().length >= 2, { what: 'a second sum', deadlineMs: 30_000 })
    const [first, second] = sums()
    expect(first).toMatchObject({ datagrams: 1, bytes: 10 })
    expect((second?.atNs ?? 0) - (first?.atNs ?? 0)).toBeGreaterThanOrEqual(5e9)
    expect(second?.bytes).toBe((second?.datagrams ?? 0) * 10)
    expect(second?.datagrams).toBeGreaterThan(1)
  })

  it('tell of raw sockets', async () => {
    const by = { pid: step('done').pid }
    expect(await eventsOf('raw', 'released')).toMatchObject([
      { kind: 'raw-socket', family: 'ipv4', by },
      { kind: 'released' },
    ])
    expect((await eventsOf('raw IPv6', 'released'))[0]).toMatchObject({ family: 'ipv6', by })
  })

  it('tell of MPTCP with two cookies', async ({ skip }) => {
    if (!steps.has('MPTCP')) skip('this kernel has no MPTCP')
    const { port = 0 } = step('MPTCP')
    expect(await kindsOf('MPTCP')).toEqual(['released'])
    const [connect] = only(heard.events, 'connect').filter(
      ({ remote }) => remote.address === HOST && remote.port === port,
    )
    expect(connect).toMatchObject({ protocol: 'tcp', by: { pid: step('done').pid } })
    const kinds = (): readonly string[] => heard.kinds(connect?.cookie ?? 0)
    await waitFor(() => kinds().includes('closed'), { what: 'its end', deadlineMs: 20_000 })
    expect(kinds()).toEqual(expect.arrayContaining(['connecting', 'established', 'closed']))
  })

  it('name the process, not the thread', async () => {
    const { tid } = step('thread')
    const [connect] = only(await eventsOf('thread', 'released'), 'connect')
    expect(connect?.by.pid).toBe(step('done').pid)
    expect(connect?.by.pid).not.toBe(tid)
  })

  it('lost nothing', () => {
    expect([heard.lost(), heard.failed()]).toEqual([0, null])
  })
})
