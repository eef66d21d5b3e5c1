/**
 * Fork, exec and exit as the kernel tells of them (the process connector, linux/cn_proc.h). Counts as working only once
 * our subscription was acknowledged and a fork of our own was told with the right numbers: elsewhere, as in another
 * pid namespace, the kernel takes the subscription and then says nothing.
 */
import { getSystemErrorName } from 'node:util'
import { isNativeFault, type Native, type NetlinkSocket } from '../native/native.ts'
import type { Clock } from '../ports.ts'
import { connectorFilter } from './connector-filter.ts'
import {
  CONNECTOR_PROTOCOL,
  type ConnectorSink,
  DATAGRAM_BYTES,
  PROCESS_GROUP,
  readDatagram,
  subscription,
} from './connector-messages.ts'
import type { Family } from './family.ts'
import { createInbox, type ProcessEvent } from './proc-connector-inbox.ts'
import {
  type EventRefusal,
  type Failure,
  refusalOf,
  refusalSentence,
  type Surroundings,
} from './proc-connector-refusal.ts'

export type ProcessEventsState = 'probing' | 'working' | { readonly refused: EventRefusal }

export interface Drained {
  /** In the order of the kernel; already folded into the family. */
  readonly events: readonly ProcessEvent[]
  /** The kernel threw events away: who forked whom meanwhile is not known. The family has been told. */
  readonly lost: boolean
}

export interface ProcessEvents {
  state(): ProcessEventsState
  /** A sentence for what was refused, else null. */
  whyNot(): string | null
  /** Takes in what has come; never waits, never throws. Called some dozens of times a second. */
  drain(): Drained
  /** Ends the subscription, which spares the kernel the making of events. Can be repeated. */
  close(): void
}

export interface ProcessEventsDeps {
  /** Null where it could not be loaded. */
  readonly native: Native | null
  readonly family: Family
  /** Starts one harmless child and gives its pid; null when it cannot. */
  readonly spawnProbe: () => number | null
  readonly clock: Clock
  readonly surroundings: Surroundings
  /** By default this process' own pid. */
  readonly ownPid?: number
}

/** Room for some ten thousand events, of which a machine that builds something makes some thousands a second. */
const RECEIVE_BUFFER = 8 * 1024 * 1024
/** The kernel acknowledges, and tells of a fork, within the very call: what has not come by then does not come. */
const PATIENCE_MS = 500
/** Before Linux 6.6 any program that ends a subscription can end it for all, and nobody is told. */
const PROVE_EVERY_MS = 60_000
/** What a storm leaves behind is taken in by the next call, so that none takes longer than some tens of milliseconds. */
const MAX_DATAGRAMS = 10_000
const NOTHING: Drained = { events: [], lost: false }

type Phase =
  | { readonly kind: 'subscribed'; readonly since: number }
  /** A fork of our own is waited for, for the first time or once more. */
  | { readonly kind: 'probed'; readonly since: number; readonly isFirst: boolean }
  | { readonly kind: 'working'; readonly since: number }
  | { readonly kind: 'refused'; readonly reason: EventRefusal }

/** Never throws: where it cannot be had, `state` says why. */
export function createProcessEvents(deps: ProcessEventsDeps): ProcessEvents {
  const { clock, surroundings } = deps
  const words = new Uint32Array(DATAGRAM_BYTES / 4)
  const bytes = new Uint8Array(words.buffer)
  const token = Math.floor(Math.random() * 0x7fff_ffff)
  const inbox = createInbox(deps.family, deps.ownPid ?? process.pid, token)
  let phase: Phase = { kind: 'subscribed', since: clock.monotonicMs() }
  let socket: NetlinkSocket | null = null

  const fail = (failure: Failure): void => {
    phase = { kind: 'refused', reason: refusalOf(failure, surroundings) }
    socket?.close()
    socket = null
  }
  const probe = (isFirst: boolean): void => {
    const pid = deps.spawnProbe()
    inbox.expect(pid)
    if (pid === null) fail('silence')
    else phase = { kind: 'probed', since: clock.monotonicMs(), isFirst }
  }
  const advance = (isLost: boolean): void => {
    if (phase.kind === 'refused') return
    const elapsed = clock.monotonicMs() - phase.since
    if (phase.kind === 'subscribed' && inbox.answer !== null) {
      if (inbox.answer === 0) probe(true)
      else fail({ errno: nameOf(inbox.answer) })
    } else if (phase.kind === 'probed' && inbox.hasProved)
      phase = { kind: 'working', since: clock.monotonicMs() }
    else if (phase.kind === 'probed' && isLost) probe(phase.isFirst)
    else if (phase.kind === 'working') {
      if (elapsed > PROVE_EVERY_MS) probe(false)
    } else if (elapsed > PATIENCE_MS) fail('silence')
  }
  try {
    if (deps.native !== null) socket = subscribe(deps.native, token)
    else phase = { kind: 'refused', reason: 'native-missing' }
  } catch (error) {
    fail(failureOf(error))
  }
  return {
    state() {
      if (phase.kind === 'refused') return { refused: phase.reason }
      if (phase.kind === 'probed') return phase.isFirst ? 'probing' : 'working'
      return phase.kind === 'working' ? 'working' : 'probing'
    },
    whyNot: () => (phase.kind === 'refused' ? refusalSentence(phase.reason) : null),
    drain() {
      if (socket === null) return NOTHING
      const { failure, lost } = receiveAll(socket, words, bytes, inbox.sink)
      if (failure === null) advance(lost)
      else fail(failure)
      if (lost) deps.family.lose()
      const events = inbox.take()
      return events.length === 0 && !lost ? NOTHING : { events, lost }
    },
    close() {
      if (socket !== null) unsubscribe(socket, token)
      socket = null
    },
  }
}

/** Throws a `NativeFault`. */
function subscribe(native: Native, token: number): NetlinkSocket {
  const options = { groups: PROCESS_GROUP, receiveBuffer: RECEIVE_BUFFER }
  const socket = native.netlink(CONNECTOR_PROTOCOL, options)
  try {
    // Refused: the same events are left out after they were received.
    socket.attachFilter(connectorFilter())
    socket.send(subscription(true, token))
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

function unsubscribe(socket: NetlinkSocket, token: number): void {
  try {
    socket.send(subscription(false, token))
  } catch {
    // Closed all the same.
  }
  socket.close()
}

function receiveAll(
  socket: NetlinkSocket,
  words: Uint32Array,
  bytes: Uint8Array,
  sink: ConnectorSink,
): { readonly failure: Failure | null; readonly lost: boolean } {
  let lost = false
  for (let count = 0; count < MAX_DATAGRAMS; count += 1) {
    try {
      const got = socket.receive(bytes)
      if (got === 0) break
      readDatagram(words, got, sink)
    } catch (error) {
      const failure = failureOf(error)
      if (failure === 'silence' || failure.errno !== 'ENOBUFS') return { failure, lost }
      lost = true
    }
  }
  return { failure: null, lost }
}

function failureOf(error: unknown): Failure {
  return isNativeFault(error) ? { errno: error.errno } : 'silence'
}

function nameOf(errno: number): string {
  try {
    return getSystemErrorName(-errno)
  } catch {
    return 'UNKNOWN'
  }
}
