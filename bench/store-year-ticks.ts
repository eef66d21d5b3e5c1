/** The ticks of bench/store-year.ts: what twenty busy servers do, by a generator of numbers that is the same each time. */
import type { Instance } from '../shared/model/attribution.ts'
import {
  connectionId,
  findingId,
  instanceId,
  type ProcessKey,
  serverId,
} from '../shared/model/ids.ts'
import type { Finding, JudgedConnection, TrafficClass } from '../shared/model/judgement.ts'
import type { ServerRecord, TickResult } from '../shared/model/tick.ts'

const SERVERS = 20
const CONNECTIONS_A_DAY = 2_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const AWAKE_FROM = 7
const AWAKE_HOURS = 16
const RESTARTS_A_DAY = 4
/** A file takes its connections from ten favourites half of the time. */
const FAVOURITES = 10

export interface Year {
  /** Everything between the last tick and this one. */
  tick(at: number): TickResult
}

interface Busy {
  readonly record: ServerRecord
  instance: Instance
  addresses: string[]
}

/** Numbers from 0 to 1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function createYear(start: number): Year {
  const random = numbers(42)
  let pids = 1_000
  let made = 0
  let last = start
  const address = (): string => {
    made += 1
    // 198.18.0.0/15 is for measurements (RFC 2544).
    return `198.${18 + ((made >> 16) & 1)}.${(made >> 8) & 255}.${made & 255}`
  }
  const launch = (record: ServerRecord, at: number): Instance => {
    pids = pids > 4_000_000 ? 1_000 : pids + 7
    return instanceOf(record, pids, at)
  }
  const all: Busy[] = Array.from({ length: SERVERS }, (_, n) => {
    const record = recordOf(n)
    const addresses = Array.from({ length: 50 + Math.floor(random() * 51) }, address)
    return { record, instance: launch(record, start), addresses }
  })
  const open: JudgedConnection[] = []
  let isFirst = true
  let serial = 0

  const restart = (at: number): { instances: Instance[]; ended: Instance['id'][] } => {
    if (at % (DAY / RESTARTS_A_DAY) !== 0) return { instances: [], ended: [] }
    const ended = all.map(({ instance }) => instance.id)
    for (const it of all) it.instance = launch(it.record, at)
    return { instances: all.map(({ instance }) => instance), ended }
  }
  const moveAddresses = (at: number): void => {
    if (at % (7 * DAY) !== 0) return
    for (const it of all)
      it.addresses = it.addresses.map((old) => (random() < 1 / 40 ? address() : old))
  }
  const connect = (it: Busy, from: number, to: number): JudgedConnection => {
    serial += 1
    const firstSeen = Math.floor(from + random() * (to - from))
    const kind = random()
    const length =
      kind < 0.8 ? 30_000 * random() : kind < 0.99 ? 300_000 * random() : 6 * HOUR * random()
    const among = random() < 0.5 ? FAVOURITES : it.addresses.length
    const place = Math.floor(random() * among)
    return judgedOf(it, serial, place, firstSeen, Math.floor(firstSeen + length), random())
  }
  return {
    tick(at) {
      const { instances, ended } = restart(at)
      moveAddresses(at)
      const hour = Math.floor((at % DAY) / HOUR)
      const isAwake = hour >= AWAKE_FROM && hour < AWAKE_FROM + AWAKE_HOURS
      const share = ((at - last) / (AWAKE_HOURS * HOUR)) * CONNECTIONS_A_DAY
      const begun = isAwake
        ? all.flatMap((it) =>
            Array.from({ length: Math.floor(share + random()) }, () => connect(it, last, at)),
          )
        : []
      const isOver = ({ connection }: JudgedConnection): boolean => connection.lastSeen <= at
      const closed = [...open.filter(isOver), ...begun.filter(isOver)]
      const goingOn = begun.filter((judged) => !isOver(judged))
      const left = [...open.filter((judged) => !isOver(judged)), ...goingOn]
      open.splice(0, open.length, ...left)
      const tick = tickOf(at, {
        servers: isFirst ? all.map(({ record }) => record) : null,
        instances: isFirst ? all.map(({ instance }) => instance) : instances,
        ended,
        opened: goingOn.map((judged) => asOpen(judged, at)),
        closed,
        findings: begun.filter(({ verdict }) => verdict === 'unexpected').map(findingOf),
        owned: begun.length,
      })
      last = at
      isFirst = false
      return tick
    },
  }
}

function asOpen(judged: JudgedConnection, at: number): JudgedConnection {
  return {
    ...judged,
    connection: { ...judged.connection, lastSeen: at, closedAt: null, bytes: null },
  }
}

function recordOf(n: number): ServerRecord {
  const name = `server-${n}`
  return {
    server: {
      id: serverId('cursor', '/home/user/mcp.json', 'user', name),
      client: 'cursor',
      name,
      source: '/home/user/mcp.json',
      scope: 'user',
      transport: 'stdio',
      launch: null,
      endpoint: null,
      disabled: false,
    },
    package: { ecosystem: 'npm', name: `@example/${name}`, version: '1.0.0' },
    expectation: n % 4 === 0 ? 'local-only' : 'open',
    expectationSource: 'default',
    rules: [],
    children: 'same',
    telemetry: [],
    setByUser: false,
    mutes: [],
  }
}

function instanceOf(record: ServerRecord, pid: number, at: number): Instance {
  return {
    id: instanceId('boot', pid, at),
    serverIds: [record.server.id],
    root: `boot:${pid}:${at}:0` as ProcessKey,
    rootPid: pid,
    startedAt: at,
    client: { id: 'cursor', process: 'boot:9:1:0' as ProcessKey, pid: 9 },
    ancestors: [],
    quality: 'exact',
    reasons: ['package', 'client-ancestor'],
    judged: true,
    orphaned: false,
    package: record.package,
    binary: null,
    members: [],
  }
}

/** One in a hundred is refused; the first two destinations of a local-only server are unexpected. */
function judgedOf(
  { record, instance, addresses }: Busy,
  serial: number,
  place: number,
  firstSeen: number,
  lastSeen: number,
  luck: number,
): JudgedConnection {
  const isUnexpected = record.expectation === 'local-only' && place < 2
  const trafficClass: TrafficClass = place === 3 ? 'telemetry' : 'server'
  return {
    connection: {
      id: connectionId([instance.id, serial]),
      instance: instance.id,
      netns: 'net:[4026531840]',
      protocol: 'tcp',
      local: { address: '192.0.2.1', port: 32_768 + (serial % 28_000), zone: null },
      remote: { address: addresses[place] ?? '198.18.0.0', port: 443, zone: null },
      inode: 1_000_000 + serial,
      cookie: null,
      direction: 'outbound',
      owner: {
        process: instance.root,
        pid: instance.rootPid,
        role: 'server',
        executable: '/usr/bin/node',
      },
      candidates: [],
      inherited: false,
      outcome: luck < 0.01 ? 'refused' : 'established',
      openedBefore: false,
      firstSeen,
      lastSeen,
      closedAt: lastSeen,
      bytes: { sent: Math.floor(luck * 10_000), received: Math.floor(luck * 1_000_000) },
    },
    serverId: record.server.id,
    names:
      place % 2 === 0
        ? [{ name: `host-${place}.example`, source: 'expected-host', at: firstSeen }]
        : [],
    scope: 'public',
    trafficClass,
    verdict: isUnexpected ? 'unexpected' : 'expected',
    reason: isUnexpected ? 'beyond-local' : 'open-expectation',
    relayed: false,
  }
}

function findingOf({ connection, serverId: server }: JudgedConnection): Finding {
  const { address, port } = connection.remote
  return {
    id: findingId('local-only-egress', server, `tcp ${address} ${port}`),
    kind: 'local-only-egress',
    severity: 'high',
    attempted: false,
    serverId: server,
    destination: { protocol: 'tcp', address, port, scope: 'public' },
    process: null,
    firstSeen: connection.firstSeen,
    lastSeen: connection.lastSeen,
    count: 1,
    explanation: `It is expected to stay on this machine, and connected to ${address}. ${'Why that matters. '.repeat(20)}`,
  }
}

type Happened = Pick<
  TickResult,
  'servers' | 'instances' | 'ended' | 'opened' | 'closed' | 'findings'
> & { readonly owned: number }

function tickOf(at: number, { owned, ...happened }: Happened): TickResult {
  return {
    at,
    diagnostics: null,
    updated: [],
    learned: [],
    drift: { since: null, entries: [], changes: [] },
    ...happened,
    coverage: {
      engine: { name: 'ss', intervalMs: 1_000, expectedRecall: 0.9, degraded: [] },
      counts: { owned, foreign: 40, unknown: 0 },
      gaps: [],
      notObserved: [],
    },
  }
}
