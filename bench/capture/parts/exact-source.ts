/**
 * The source alone, in this process: how long it takes to load, and what an event costs from the ring to the row that
 * tells of it. Events of others are read and kept for a while, as the engine does; own ones go through the book.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type OwnSource, openOwnSource } from '../../../daemon/capture/bpf/own-source.ts'
import { createAttemptBook } from '../../../daemon/capture/exact/book.ts'
import type { AttemptOwner, TakeRecord } from '../../../daemon/capture/exact/parts.ts'
import { readRecord } from '../../../daemon/capture/exact/read-record.ts'
import { createWaitingRoom } from '../../../daemon/capture/exact/waiting-room.ts'
import { loadNative } from '../../../daemon/native/load.ts'
import type { Native } from '../../../daemon/native/native.ts'
import type { ProcessKey } from '../../../shared/model/ids.ts'
import { percentile } from '../../cost.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import { startLoad } from '../exact/load.ts'
import type { SceneBrief, SceneResult } from '../model.ts'

const STARTS = 10
const START_BAR_MS = 50
const EVENT_BAR_US = 10
const RATE = 10_000
const SECONDS = 6
const WARM_UP_MS = 1_000
const LIMIT_MS = 30_000
const HERE = '127.0.0.1'
/** As the engine tells. */
const TELL_EVERY_MS = 25

export async function exactSource(brief: SceneBrief, _place: Place): Promise<SceneResult> {
  const loaded = await loadNative()
  if (!loaded.ok) throw new Error(`the system's calls cannot be made: ${loaded.reason}`)
  const start = await startFigure(loaded.native)
  const foreign = await eventFigure(brief, loaded.native, 'others')
  const own = await eventFigure(brief, loaded.native, 'own')
  return { figures: [start, foreign, own] }
}

async function startFigure(native: Native): Promise<Figure> {
  const times: number[] = []
  for (let start = 0; start < STARTS; start += 1) {
    const from = performance.now()
    const source = openOwnSource(native)
    times.push(performance.now() - from)
    await source.stop()
  }
  const note = `median of ${STARTS}, longest ${Math.max(...times).toFixed(1)}`
  const name = 'bpf: start of the source'
  return { name, value: percentile(times, 0.5), unit: 'ms', note, atMost: START_BAR_MS }
}

type Whose = 'own' | 'others'

async function eventFigure(brief: SceneBrief, native: Native, whose: Whose): Promise<Figure> {
  const source = openOwnSource(native)
  const reader = whose === 'own' ? ownReader(source) : othersReader(source)
  const load = await startLoad(brief.program, ['flood', String(RATE), String(SECONDS), HERE])
  try {
    source.start({
      wake: () => reader.read(),
      fail: (error) => {
        throw error
      },
    })
    await delay(WARM_UP_MS)
    const before = { ...reader.count(), cpu: process.cpuUsage() }
    await load.said('done flood', LIMIT_MS)
    const { user, system } = process.cpuUsage(before.cpu)
    const { connects, records, lost } = reader.count()
    const made = connects - before.connects
    const told = records - before.records
    const note = `${made} connections, ${(told / made).toFixed(1)} records each, ${((user + system) / told).toFixed(2)} µs a record; ${lost} lost`
    const name = `bpf: ring to row, an attempt of ${whose}, at ${RATE}/s`
    return { name, value: (user + system) / made, unit: 'µs', note, atMost: EVENT_BAR_US }
  } finally {
    await load.stop()
    await source.stop()
  }
}

interface Reader {
  read(): void
  count(): { readonly connects: number; readonly records: number; readonly lost: number }
}

function othersReader(source: OwnSource): Reader {
  const room = createWaitingRoom()
  const count = { connects: 0, records: 0, lost: 0 }
  const take: TakeRecord = (words, first) => {
    count.records += 1
    if (words[first] === 1) count.connects += 1
    room.keep(words, first)
  }
  return {
    read: () => {
      count.lost += source.drain(take)
    },
    count: () => ({ ...count }),
  }
}

/** The load's connections, taken for a server's. */
function ownReader(source: OwnSource): Reader {
  const book = createAttemptBook()
  const owner: AttemptOwner = {
    holder: { process: 'bench:1:0:0' as ProcessKey, pid: 1 },
    netns: 'net:[1]',
  }
  const count = { connects: 0, records: 0, lost: 0 }
  let toldAt = 0
  const take: TakeRecord = (words, first) => {
    const event = readRecord(words, first)
    if (event === null) return
    count.records += 1
    if (event.kind === 'connect') count.connects += 1
    if ('by' in event || book.knows(event.cookie)) book.hear(event)
  }
  return {
    read: () => {
      count.lost += source.drain(take)
      const now = performance.now()
      if (now - toldAt < TELL_EVERY_MS) return
      toldAt = now
      book.settle(() => owner)
      book.tell([], { at: Date.now(), atNs: Number(process.hrtime.bigint()) })
    },
    count: () => ({ ...count }),
  }
}
