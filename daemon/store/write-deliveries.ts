/** Which findings the user was told of, one row each: the last decision counts. */
import type { Delivery } from '../../shared/model/delivery.ts'
import type { Db } from './db.ts'
import { whole } from './values.ts'

const UPSERT = `
  INSERT INTO delivery (finding_id, server_id, kind, severity, outcome, at)
  VALUES (@findingId, @serverId, @kind, @severity, @outcome, @at)
  ON CONFLICT (finding_id) DO UPDATE SET severity = excluded.severity,
    outcome = excluded.outcome, at = excluded.at`

/** All or none. Throws what SQLite throws. */
export function createDeliveryWriter(db: Db): (deliveries: readonly Delivery[]) => void {
  const upsert = db.prepare(UPSERT)
  const writeAll = db.transaction((deliveries: readonly Delivery[]) => {
    for (const delivery of deliveries) upsert.run({ ...delivery, at: whole(delivery.at) })
  })
  return (deliveries) => writeAll.immediate(deliveries)
}
