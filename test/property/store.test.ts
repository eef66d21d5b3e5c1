import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openArchive } from '../../daemon/query/archive.ts'
import { openStore } from '../../daemon/store/store.ts'
import {
  connectionsSchema,
  destinationsSchema,
  serversSchema,
} from '../../shared/contract/answers.ts'
import { type Report, reportSchema } from '../../shared/contract/report.ts'
import {
  type JudgedConnection,
  TRAFFIC_CLASSES,
  VERDICT_REASONS,
  VERDICTS,
} from '../../shared/model/judgement.ts'
import { OUTCOMES } from '../../shared/model/outcome.ts'
import {
  closed,
  finding,
  fixedClock,
  instance,
  judged,
  record,
  silentLog,
  T0,
  tick,
} from '../unit/store/ticks.ts'

/** Text as a hostile program or file could have it: quotes, controls, any script, no end. */
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    "'; DROP TABLE connection; --",
    '\u0000',
    '\u001b[2J',
    '__proto__',
    'x'.repeat(9_000),
  ),
)

const SERVERS = 3

/** What happens in one tick: connection `n` of an instance is open or closed, with a judgement of the moment. */
const happening = fc.record({
  n: fc.nat(7),
  instance: fc.nat(SERVERS),
  close: fc.boolean(),
  port: fc.constantFrom(0, 80, 443, 65_535),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const),
  direction: fc.constantFrom('inbound' as const, 'outbound' as const),
  verdict: fc.constantFrom(...VERDICTS),
  reason: fc.constantFrom(...VERDICT_REASONS),
  trafficClass: fc.constantFrom(...TRAFFIC_CLASSES),
  outcome: fc.constantFrom(...OUTCOMES),
  owned: fc.boolean(),
  text: hostile,
})
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

const story = fc.record({
  names: fc.uniqueArray(hostile, { minLength: SERVERS, maxLength: SERVERS }),
  ticks: fc.array(
    fc.record({ restart: fc.boolean(), events: fc.array(happening, { maxLength: 6 }) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
})

function judgedOf(event: Happening, of: ReturnType<typeof instance>, at: number): JudgedConnection {
  const { protocol, direction, outcome, port, text, owned, ...judgement } = event
  const owner = { process: of.root, pid: of.rootPid, role: 'child', executable: text } as const
  const it = judged(of, event.n, {
    verdict: judgement.verdict,
    reason: judgement.reason,
    trafficClass: judgement.trafficClass,
    names: [{ name: text, source: 'listener', at }],
    connection: {
      protocol,
      direction,
      outcome,
      remote: { address: '203.0.113.10', port, zone: null },
      owner: owned ? owner : null,
      candidates: owned ? [] : [owner],
      firstSeen: at,
      lastSeen: at,
    },
  })
  return event.close ? closed(it, at) : it
}

/** Sums of a server, as the model and as the report have them. */
interface Sums {
  open: number
  connections: number
  unexpected: boolean
}

function sumsOf(report: Report): Map<string, Sums> {
  return new Map(
    report.servers.map(({ id, destinations }) => [
      id,
      {
        open: destinations.reduce((sum, it) => sum + it.open, 0),
        connections: destinations.reduce((sum, it) => sum + it.connections, 0),
        unexpected: destinations.some(({ verdict }) => verdict === 'unexpected'),
      },
    ]),
  )
}

it('answers by the schemas, and counts what was open, after any ticks and restarts', () => {
  fc.assert(
    fc.property(story, ({ names, ticks }) => {
      const folder = mkdtempSync(join(tmpdir(), 'mcp-watch-property-'))
      try {
        const records = names.map((name) => record(name))
        const [first, second, third] = records
        if (first === undefined || second === undefined || third === undefined) return
        // The last instance may be of either of two servers.
        const instances = [
          ...records.map((it, n) => instance(100 + n, [it])),
          instance(200, [first, second]),
        ]
        const open = () => openStore({ folder, clock: fixedClock(T0), log: silentLog })
        let store = open()
        store.commit(
          tick(T0, { servers: records, instances, findings: records.map((it) => finding(it)) }),
        )
        const model = new Map<string, JudgedConnection>()
        let at = T0
        for (const { restart, events } of ticks) {
          at += 1_000
          const now = events.flatMap((event) => {
            const of = instances[event.instance]
            return of === undefined ? [] : [judgedOf(event, of, at)]
          })
          // A connection changes once a tick.
          const last = [...new Map(now.map((it) => [it.connection.id, it])).values()]
          for (const it of last) model.set(it.connection.id, it)
          const isOpen = (it: JudgedConnection): boolean => it.connection.closedAt === null
          const [opened, gone] = [last.filter(isOpen), last.filter((it) => !isOpen(it))]
          store.commit(tick(at, { opened, closed: gone }))
          if (restart) {
            store.close()
            store = open()
          }
        }
        const openIds = store.memory().openConnections.map(({ connection }) => connection.id)
        store.close()
        const window = { from: T0, to: at + 1 }
        const archive = openArchive({ folder, now: () => at + 1 })
        const report = reportSchema.parse(archive.report(window, {}))
        destinationsSchema.parse(archive.destinations(window, {}))
        connectionsSchema.parse(archive.connections(window, {}, 100))
        serversSchema.parse(archive.servers())
        archive.close()

        const expected = new Map<string, Sums>(
          records.map(({ server }) => [server.id, { open: 0, connections: 0, unexpected: false }]),
        )
        for (const { connection, verdict } of model.values()) {
          const of = instances.find(({ id }) => id === connection.instance)
          for (const id of of?.serverIds ?? []) {
            const sums = expected.get(id)
            if (sums === undefined) continue
            sums.connections += 1
            sums.open += connection.closedAt === null ? 1 : 0
            sums.unexpected ||= verdict === 'unexpected'
          }
        }
        expect(sumsOf(report)).toEqual(expected)
        const modelOpen = [...model.values()].filter((it) => it.connection.closedAt === null)
        expect(openIds.toSorted()).toEqual(modelOpen.map((it) => it.connection.id).toSorted())
        expect(report.findings).toHaveLength(SERVERS)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }),
    { numRuns: 60 },
  )
})
