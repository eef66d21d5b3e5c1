/** Whatever happened, a report from sums says what one from single connections says. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readContacts } from '../../daemon/query/contacts.ts'
import { destinationsByServer } from '../../daemon/query/destinations.ts'
import { readNames, readServersOfInstances } from '../../daemon/query/rows.ts'
import { openMemoryDatabase } from '../../daemon/store/database.ts'
import { sumBlocks, sumDays, sumHours } from '../../daemon/store/housekeeping.ts'
import { pruneConnections, pruneHours } from '../../daemon/store/prune.ts'
import { storeOver } from '../../daemon/store/store.ts'
import { connectionId } from '../../shared/model/ids.ts'
import { instance, judged, record, tick } from '../unit/store/ticks.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A day before a block of days begins, and a day after it ends. */
const START = Math.ceil(Date.UTC(2026, 0, 10) / (16 * DAY)) * 16 * DAY - DAY
const DAYS = 18
const END = START + DAYS * DAY

const [files, memory] = [record('files'), record('memory')]
const instances = [instance(1, [files]), instance(2, [memory]), instance(3, [files, memory])]

/** Times in minutes, so that many fall on the edges of hours; `length` null: still open at the end. */
const lived = fc.record({
  of: fc.nat(2),
  begin: fc.nat(DAYS * 24 * 60 - 1),
  length: fc.option(fc.oneof(fc.nat(50), fc.nat(300), fc.nat(DAYS * 24 * 60)), { freq: 8 }),
  port: fc.constantFrom(443, 80),
  verdict: fc.constantFrom('expected' as const, 'unexpected' as const, 'unknown' as const),
  outcome: fc.constantFrom('established' as const, 'refused' as const),
  bytes: fc.option(fc.record({ sent: fc.nat(1000), received: fc.nat(1000) })),
})
type Lived = typeof lived extends fc.Arbitrary<infer T> ? T : never

function connectionOf(it: Lived, n: number) {
  const of = instances[it.of] ?? instances[0]
  if (of === undefined) throw new Error('no instance')
  const firstSeen = START + it.begin * 60_000
  const end = it.length === null ? null : firstSeen + it.length * 60_000
  const closedAt = end === null || end >= END ? null : end
  return judged(of, n, {
    verdict: it.verdict,
    connection: {
      id: connectionId([of.id, n]),
      remote: { address: '203.0.113.10', port: it.port, zone: null },
      outcome: it.outcome,
      bytes: closedAt === null ? null : it.bytes,
      firstSeen,
      lastSeen: closedAt ?? END,
      closedAt,
    },
  })
}

const window = fc.tuple(fc.nat(DAYS * 24 * 12), fc.nat(DAYS * 24 * 12)).map(([a, b]) => ({
  from: START + Math.min(a, b) * 300_000,
  to: START + (Math.max(a, b) + 1) * 300_000 - 1,
}))

/** Of each server and port, what no sum may change. */
function answer(db: ReturnType<typeof openMemoryDatabase>, span: { from: number; to: number }) {
  const { rows } = readContacts(db, span, END)
  const servers = readServersOfInstances(db)
  const destinations = destinationsByServer({
    contacts: rows,
    names: readNames(db),
    serversOf: servers,
    to: span.to,
  })
  const list = [...destinations].flatMap(([server, all]) =>
    all.map(({ port, connections, open, outcomes, verdict }) => ({
      server,
      port,
      connections,
      open,
      outcomes,
      verdict,
    })),
  )
  // A row of an instance stands under each of its servers; a sum is of one server.
  const shares = (it: (typeof rows)[number]): number =>
    it.server === null ? (servers.get(it.instance ?? '')?.length ?? 0) : 1
  const bytes = rows.reduce(
    (sum, it) => sum + shares(it) * ((it.bytesSent ?? 0) + (it.bytesReceived ?? 0)),
    0,
  )
  return {
    list: list.toSorted((a, b) => (`${a.server} ${a.port}` < `${b.server} ${b.port}` ? -1 : 1)),
    bytes,
  }
}

function recordedOf(all: readonly Lived[]) {
  const db = openMemoryDatabase()
  const connections = all.map(connectionOf)
  storeOver(db).commit(
    tick(END, {
      servers: [files, memory],
      instances,
      opened: connections.filter((it) => it.connection.closedAt === null),
      closed: connections.filter((it) => it.connection.closedAt !== null),
    }),
  )
  return db
}

function run(steps: Generator<void>): void {
  for (const _ of steps);
}

it('sums say what the connections said, for any window', () => {
  fc.assert(
    fc.property(
      fc.array(lived, { maxLength: 40 }),
      fc.array(window, { minLength: 4 }),
      (all, windows) => {
        const [plain, summed] = [recordedOf(all), recordedOf(all)]
        run(sumHours(summed, END + 3 * HOUR))
        run(sumDays(summed, END + 3 * HOUR))
        run(sumBlocks(summed, END + 3 * HOUR))
        for (const span of windows) expect(answer(summed, span)).toEqual(answer(plain, span))
        plain.close()
        summed.close()
      },
    ),
    { numRuns: 12 },
  )
})

it('after connections and hours are gone, whole days and hours still say it', () => {
  fc.assert(
    fc.property(
      fc.array(lived, { maxLength: 40 }),
      fc.nat(DAYS),
      fc.nat(DAYS * 24),
      fc.array(window, { minLength: 4 }),
      (all, hoursFrom, connectionsFrom, windows) => {
        const [plain, summed] = [recordedOf(all), recordedOf(all)]
        run(sumHours(summed, END + 3 * HOUR))
        run(sumDays(summed, END + 3 * HOUR))
        run(sumBlocks(summed, END + 3 * HOUR))
        const day = START / DAY + Math.min(hoursFrom, Math.floor(connectionsFrom / 24))
        run(pruneConnections(summed, START / HOUR + connectionsFrom))
        run(pruneHours(summed, day))
        for (const { from, to } of windows) {
          const unit = (at: number): number =>
            at < day * DAY ? DAY : at < START + connectionsFrom * HOUR ? HOUR : 1
          const down = (at: number): number => Math.floor(at / unit(at)) * unit(at)
          const up = (at: number): number => down(at) + unit(at) - 1
          const whole = { from: down(from), to: up(to) }
          expect(answer(summed, { from, to })).toEqual(answer(plain, whole))
        }
        plain.close()
        summed.close()
      },
    ),
    { numRuns: 12 },
  )
})
