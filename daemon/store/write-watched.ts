/** How well each server was watched, added up by hours. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { ServerAttention } from '../../shared/model/tick.ts'
import { HOUR_MS } from './calendar.ts'
import type { Db } from './db.ts'
import { whole } from './values.ts'

export function createWatchedWriter(
  db: Db,
): (watched: readonly ServerAttention[], at: EpochMs) => void {
  const add = db.prepare(`
    INSERT INTO watched (hour, server_id, quiet_ms, active_ms, seen_ms, unknown)
    VALUES (@hour, @serverId, @quietMs, @activeMs, @seen50Ms, @unknown)
    ON CONFLICT (hour, server_id) DO UPDATE SET quiet_ms = quiet_ms + excluded.quiet_ms,
      active_ms = active_ms + excluded.active_ms, seen_ms = seen_ms + excluded.seen_ms,
      unknown = unknown + excluded.unknown`)
  return (watched, at) => {
    for (const { serverId, quietMs, activeMs, seen50Ms, unknown } of watched) {
      add.run({
        hour: Math.floor(at / HOUR_MS),
        serverId,
        quietMs: whole(quietMs),
        activeMs: whole(activeMs),
        seen50Ms: whole(seen50Ms),
        unknown: whole(unknown),
      })
    }
  }
}
