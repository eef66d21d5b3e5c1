/** Which local ports were listened on lately: that is what tells an accepted connection from one that was made. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Batch, SocketRow } from '../../shared/model/observation.ts'
import type { Flow } from './flows.ts'

/** When a listener was last seen, by namespace, port and address. */
export type ListenerMemory = ReadonlyMap<string, EpochMs>

/** An accepted connection may outlive its listener; one that is met this long after it is taken for our own. */
const REMEMBER_MS = 10 * 60_000
const MAX_LISTENERS = 4096

/** Folds the listeners of a batch in, oldest first; forgets the old and, over the limit, the oldest. */
export function rememberListeners(memory: ListenerMemory, batch: Batch): ListenerMemory {
  const next = new Map([...memory].filter(([, at]) => batch.at - at <= REMEMBER_MS))
  for (const { netns, row } of listenersOf(batch)) {
    const key = listenerKey(netns, row.local.port, row.local.address)
    next.delete(key)
    next.set(key, batch.at)
  }
  for (const key of next.keys()) {
    if (next.size <= MAX_LISTENERS) break
    next.delete(key)
  }
  return next
}

export function listenersOf(batch: Batch): readonly { netns: string; row: SocketRow }[] {
  return batch.snapshots.flatMap(({ netns, rows }) =>
    rows
      .filter((row) => row.state === 'listen' && row.protocol === 'tcp')
      .map((row) => ({ netns, row })),
  )
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
