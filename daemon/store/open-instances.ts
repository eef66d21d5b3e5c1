/** The running copies that an earlier run left, read back from the rows. */
import { REASONS, type UnconfiguredBefore } from '../../shared/model/attribution.ts'
import type { InstanceId, ServerId } from '../../shared/model/ids.ts'
import { type PackageRef, UNCONFIGURED } from '../../shared/model/server.ts'
import type { Memory } from '../../shared/model/tick.ts'
import type { Db } from './db.ts'
import { jsonArray } from './values.ts'

interface Row {
  id: InstanceId
  serverId: ServerId
  orphaned: number
  quality: string
  reasons: string
  rootPid: number
  ecosystem: PackageRef['ecosystem'] | null
  package: string | null
  version: string | null
  client: string | null
  name: string | null
  scope: string | null
}

const OPEN_INSTANCES = `
  SELECT i.id, l.server_id AS serverId, i.orphaned, i.quality, i.reasons, i.root_pid AS rootPid,
    i.package_ecosystem AS ecosystem, i.package_name AS package, i.package_version AS version,
    s.client, s.name, s.scope
  FROM instance i JOIN instance_server l ON l.instance_id = i.id
  LEFT JOIN server s ON s.id = l.server_id
  WHERE i.ended_at IS NULL ORDER BY i.id, l.server_id`

type OpenInstance = Memory['openInstances'][number]

export function readOpenInstances(db: Db): Memory['openInstances'] {
  const found = new Map<InstanceId, OpenInstance>()
  for (const row of db.prepare<unknown[], Row>(OPEN_INSTANCES).all()) {
    const before = found.get(row.id)
    const serverIds = [...(before?.serverIds ?? []), row.serverId]
    found.set(row.id, { ...(before ?? openInstance(row)), serverIds })
  }
  return [...found.values()]
}

function openInstance(row: Row): OpenInstance {
  const unconfigured = unconfiguredOf(row)
  return {
    id: row.id,
    serverIds: [],
    ...(row.orphaned === 1 ? { orphaned: true } : {}),
    ...(unconfigured === null ? {} : { unconfigured }),
  }
}

/** The scope alone does not tell: once its root has ended, nothing of it can be known again. */
function unconfiguredOf(row: Row): UnconfiguredBefore | null {
  const { rootPid, quality, client, name, scope, ecosystem, version } = row
  if (quality !== UNCONFIGURED || scope !== UNCONFIGURED || client === null || name === null)
    return null
  const runs =
    ecosystem === null || row.package === null ? null : { ecosystem, name: row.package, version }
  const told = new Set(jsonArray(row.reasons))
  const reasons = REASONS.filter((reason) => told.has(reason))
  return { rootPid, unconfigured: { client, name, package: runs }, reasons }
}
