/**
 * A simulated year of busy servers, written through the store's own writer, with housekeeping as the daemon does it.
 *
 *     npx tsc -p bench/tsconfig.json && node .bench/bench/store-year.js [--days 365] [--keep <folder>]
 *
 * Busy: 20 servers with 2,000 connections a day each, in 16 of the 24 hours, to 50 to 100 destinations at a time, of
 * which one in forty changes its address every week (so that there are three times as many after a year); every server
 * is started anew four times a day. Of the connections four fifths last less than 30 s, one in a hundred for hours. The
 * same numbers each time. Takes half an hour of a processor, and 300 MB.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openArchive } from '../daemon/query/archive.ts'
import { openDatabase } from '../daemon/store/database.ts'
import { housekeepingPass } from '../daemon/store/housekeeping.ts'
import { readMemory } from '../daemon/store/memory.ts'
import { spaceOf } from '../daemon/store/space.ts'
import { createTickWriter } from '../daemon/store/tick-writer.ts'
import { DEFAULT_RETENTION } from '../shared/model/policy.ts'
import { createYear } from './store-year-ticks.ts'

const { values } = parseArgs({
  options: { days: { type: 'string', default: '365' }, keep: { type: 'string' } },
})
const DAYS = Number(values.days)
const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 1)
const TICK = 15 * 60_000
/** From here on with the settings of the daemon, and only then are the steps timed: until then it is in a hurry. */
const TIMED_DAYS = 10
const MIB = 1024 * 1024

const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'mcp-watch-year-'))
mkdirSync(folder, { recursive: true })
const begun = performance.now()
const { db } = openDatabase(folder, START)
const writer = createTickWriter(db)
hurry(true)
const year = createYear(START)
const steps: number[] = []
let largest = 0
let wasTimed = false
let written = 0

for (let at = START + TICK; at <= START + DAYS * DAY; at += TICK) {
  const tick = year.tick(at)
  written += tick.closed.length
  writer.ticks([tick])
  const isTimed = at > START + (DAYS - TIMED_DAYS) * DAY
  if (isTimed && !wasTimed) hurry(false)
  wasTimed = isTimed
  if (at % HOUR === 0) {
    const leftovers = at % (3 * HOUR) === 0
    const pass = housekeepingPass(db, { now: at, settings: DEFAULT_RETENTION, leftovers })
    for (;;) {
      const from = performance.now()
      const { done } = pass.next()
      if (isTimed) steps.push(performance.now() - from)
      if (done === true) break
    }
  }
  if (at % DAY === 0) largest = Math.max(largest, bytesOnDisk())
  if (at % (30 * DAY) === 0) {
    const day = Math.round((at - START) / DAY)
    say(`day ${day}: ${mib(bytesOnDisk())}, ${seconds(begun)}`)
  }
}
const end = START + DAYS * DAY
steps.sort((a, b) => a - b)
say(`connections written: ${written}, in ${seconds(begun)}`)
say(`largest on disk: ${mib(largest)}; pages in use at the end: ${mib(spaceOf(db).used)}`)
say(
  `housekeeping steps: ${steps.length}, median ${ms(at(0.5))}, p99 ${ms(at(0.99))}, p99.9 ${ms(at(0.999))}, longest ${ms(at(1))}`,
)
const memoryFrom = performance.now()
const memory = readMemory(db)
say(
  `memory for a start: ${ms(performance.now() - memoryFrom)}, ${memory.findings.length} findings, ${memory.knownDestinations.length} known destinations`,
)
rowCounts()
db.close()

const archive = openArchive({ folder, now: () => end })
for (const [name, from, to] of windows()) {
  const times = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage()
    const report = archive.report({ from, to }, {})
    const { user, system } = process.cpuUsage(before)
    const took = (user + system) / 1_000
    return { took, report }
  }).sort((a, b) => a.took - b.took)
  const report = times[3]?.report
  const connections = report?.servers.flatMap(({ destinations }) =>
    destinations.map((it) => it.connections),
  )
  const sum = connections?.reduce((a, b) => a + b, 0) ?? 0
  say(
    `report of ${name}: processor time, median ${ms(times[3]?.took ?? 0)}, longest of 7 ${ms(times[6]?.took ?? 0)}; ${sum} connections to ${connections?.length ?? 0} destinations, by the ${report?.coverage.resolution}`,
  )
}
archive.close()
if (values.keep === undefined) rmSync(folder, { recursive: true, force: true })

function windows(): readonly (readonly [string, number, number])[] {
  const some = START + Math.floor(DAYS * 0.3) * DAY + 7.4 * HOUR
  return [
    ['the last hour', end - HOUR, end],
    ['the last day', end - DAY, end],
    ['the last 7 days', end - 7 * DAY, end],
    ['the last 30 days', end - 30 * DAY, end],
    ['the last 365 days', end - 365 * DAY, end],
    ['an hour ten days ago', end - 10 * DAY - HOUR * 1.5, end - 10 * DAY - HOUR * 0.5],
    ['9 days of spring', some, some + 9.3 * DAY],
    ['three hours of spring', some, some + 3 * HOUR],
    ['nearly all', START + 3.7 * DAY, end - 2.2 * DAY],
  ]
}

/** The same rows in less time: a larger cache, and a journal that is folded in less often. */
function hurry(isInHurry: boolean): void {
  db.pragma(`cache_size = ${isInHurry ? -512_000 : -16_000}`)
  db.pragma(`wal_autocheckpoint = ${isInHurry ? 8_000 : 1_000}`)
}

function rowCounts(): void {
  const tables = db
    .prepare<unknown[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all()
  const counts = tables.map((name) => {
    const rows = db.prepare<unknown[], number>(`SELECT count(*) FROM ${name}`).pluck().get()
    return `${name} ${rows ?? 0}`
  })
  say(`rows: ${counts.join(', ')}`)
}

function bytesOnDisk(): number {
  return ['', '-wal', '-shm']
    .map(
      (suffix) => statSync(join(folder, `watch.db${suffix}`), { throwIfNoEntry: false })?.size ?? 0,
    )
    .reduce((sum, size) => sum + size, 0)
}

function at(share: number): number {
  return steps[Math.min(steps.length - 1, Math.floor(steps.length * share))] ?? 0
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(0)} s`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
