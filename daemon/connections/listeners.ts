/** Which local ports were listened on lately: that is what tells an accepted connection from one that was made. */
import { forgetOldest } from '../../shared/forget-oldest.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Batch, SocketRow } from '../../shared/model/observation.ts'
import type { Flow } from './flows.ts'

/** When a listener was last seen, by namespace, port and address. */
export type ListenerMemory = ReadonlyMap<string, EpochMs>

export interface Listener {
  readonly netns: string
  readonly row: SocketRow
}

/** An accepted connection may outlive its listener; one that is met this long after it is taken for our own. */
const REMEMBER_MS = 10 * 60_000
const MAX_LISTENERS = 4096

/** Folds the listeners of this look in, oldest first; forgets the old and, over the limit, the oldest. */
export function rememberListeners(
  memory: ListenerMemory,
  listeners: readonly Listener[],
  now: EpochMs,
): ListenerMemory {
  const next = new Map([...memory].filter(([, at]) => now - at <= REMEMBER_MS))
  for (const { netns, row } of listeners) {
    const key = listenerKey(netns, row.local.port, row.local.address)
    next.delete(key)
    next.set(key, now)
  }
  forgetOldest(next, MAX_LISTENERS)
  return next
}

export function listenersOf(batch: Batch): readonly Listener[] {
  const found: Listener[] = []
  for (const { netns, rows } of batch.snapshots) {
    for (const row of rows) {
      if (row.state === 'listen' && row.protocol === 'tcp') found.push({ netns, row })
    }
  }
  return found
}

/** Whether a listener covers the local end. `::` also accepts IPv4 (ipv6(7), IPV6_V6ONLY off by default). */
export function wasListening(memory: ListenerMemory, flow: Flow): boolean {
  if (flow.row.protocol !== 'tcp') return false
  const { address, port } = flow.row.local
  const wildcards = address.includes(':') ? ['::'] : ['0.0.0.0', '::']
  return [address, ...wildcards].some((covering) =>
    memory.has(listenerKey(flow.snapshot.netns, port, covering)),
  )
}

function listenerKey(netns: string, port: number, address: string): string {
  return `${netns} ${port} ${address}`
}
