/** The kernel's programs, loaded for a test, and what they tell. */
import { type OwnSource, openOwnSource } from '../../daemon/capture/bpf/own-source.ts'
import { refusalOf } from '../../daemon/capture/bpf/refusal.ts'
import type { TakeRecord } from '../../daemon/capture/exact/parts.ts'
import { readRecord } from '../../daemon/capture/exact/read-record.ts'
import type { SocketEvent } from '../../daemon/capture/exact/socket-event.ts'
import { loadNative } from '../../daemon/native/load.ts'
import type { Native } from '../../daemon/native/native.ts'

export async function realNative(): Promise<Native> {
  const loaded = await loadNative()
  if (!loaded.ok) throw new Error(loaded.reason, { cause: loaded.cause })
  return loaded.native
}

/** Why the programs cannot be loaded here; null where they can. */
export async function whyNot(): Promise<string | null> {
  const loaded = await loadNative()
  if (!loaded.ok) return loaded.reason
  try {
    await openOwnSource(loaded.native).stop()
    return null
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null) throw error
    return refusal.sentence
  }
}

export interface Heard {
  readonly source: OwnSource
  readonly events: SocketEvent[]
  /** In the order in which they came. */
  of(cookie: number): readonly SocketEvent[]
  kinds(cookie: number): readonly SocketEvent['kind'][]
  lost(): number
  failed(): unknown
}

/** Opens the source and keeps all that comes. */
export async function hear(): Promise<Heard> {
  const source = openOwnSource(await realNative())
  const events: SocketEvent[] = []
  let [lost, failed] = [0, null as unknown]
  const take: TakeRecord = (words, first) => {
    const event = readRecord(words, first)
    if (event !== null) events.push(event)
  }
  source.start({
    wake: () => {
      lost += source.drain(take)
    },
    fail: (error) => {
      failed = error
    },
  })
  const of = (cookie: number): readonly SocketEvent[] =>
    events.filter((event) => event.cookie === cookie)
  return {
    source,
    events,
    of,
    kinds: (cookie) => of(cookie).map(({ kind }) => kind),
    lost: () => lost,
    failed: () => failed,
  }
}
