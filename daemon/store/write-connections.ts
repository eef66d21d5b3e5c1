/** Connections, and the dictionary rows they point to. */
import type { Owner } from '../../shared/model/connection.ts'
import { shortHash } from '../../shared/model/ids.ts'
import type { JudgedConnection, Name } from '../../shared/model/judgement.ts'
import type { Db } from './db.ts'
import { createUnsummer } from './unsum.ts'
import { bit, whole, wholeOrNull } from './values.ts'

/** A watched program chooses its names and its path: what one can make the database hold is bounded. */
const MAX_NAMES = 16
const MAX_NAME_LENGTH = 255
const MAX_PATH_LENGTH = 4096
const MAX_CANDIDATES = 32
/** How exact `contact.last_at` is: it tells when a contact can go, and need not be written with each connection. */
export const CONTACT_SLACK_MS = 3_600_000

function bounded(owner: Owner): Owner {
  const executable = owner.executable?.slice(0, MAX_PATH_LENGTH) ?? null
  return { process: owner.process, pid: owner.pid, role: owner.role, executable }
}

/** Row id of where a connection goes: of an inbound one the local port, which is what was reached. */
function createDestinations(db: Db): (judged: JudgedConnection) => number {
  const find = db
    .prepare<unknown[], number>(
      `SELECT id FROM destination
       WHERE address = ? AND port = ? AND protocol = ? AND direction = ? AND zone = ?`,
    )
    .pluck()
  const insert = db.prepare(
    'INSERT INTO destination (address, port, protocol, direction, zone) VALUES (?, ?, ?, ?, ?)',
  )
  return ({ connection }) => {
    const { remote, local, protocol, direction } = connection
    const port = direction === 'inbound' ? local.port : remote.port
    const key = [remote.address, port, protocol, direction, remote.zone ?? '']
    return find.get(...key) ?? Number(insert.run(...key).lastInsertRowid)
  }
}

/** Keeps the newest names of a destination. */
function createNames(db: Db): (destination: number, names: readonly Name[]) => void {
  const upsert = db.prepare(`
    INSERT INTO name (destination_id, name, source, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (destination_id, name, source) DO UPDATE SET at = excluded.at
      WHERE excluded.at > name.at`)
  const trim = db.prepare(`
    DELETE FROM name WHERE destination_id = @destination AND (name, source) IN (
      SELECT name, source FROM name WHERE destination_id = @destination
      ORDER BY at DESC, name, source LIMIT -1 OFFSET ${MAX_NAMES})`)
  return (destination, names) => {
    for (const { name, source, at } of names) {
      upsert.run(destination, name.slice(0, MAX_NAME_LENGTH), source, whole(at))
    }
    if (names.length > 0) trim.run({ destination })
  }
}

/** Row id of the contact; a hash over its columns finds it, because UNIQUE takes NULLs for different. */
function createContacts(db: Db): (judged: JudgedConnection, destination: number) => number {
  const find = db.prepare<unknown[], number>('SELECT id FROM contact WHERE digest = ?').pluck()
  const insert = db.prepare(`
    INSERT INTO contact (digest, instance_id, server_id, destination_id, scope, traffic_class,
      verdict, reason, relayed, inherited, outcome, owner_process, owner_pid, owner_role,
      owner_executable, candidates, last_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const touch = db.prepare(
    `UPDATE contact SET last_at = @at WHERE id = @id AND last_at < @at - ${CONTACT_SLACK_MS}`,
  )
  // An instance that was never announced still leads from its connections to the server they were judged for.
  const link = db.prepare(`
    INSERT INTO instance_server (instance_id, server_id) SELECT @instance, @server
    WHERE NOT EXISTS (SELECT 1 FROM instance_server WHERE instance_id = @instance)`)
  return (judged, destination) => {
    const { connection, serverId } = judged
    const owner = connection.owner === null ? null : bounded(connection.owner)
    const values = [
      connection.instance,
      serverId,
      destination,
      judged.scope,
      judged.trafficClass,
      judged.verdict,
      judged.reason,
      bit(judged.relayed),
      bit(connection.inherited),
      connection.outcome,
      owner?.process ?? null,
      owner?.pid ?? null,
      owner?.role ?? null,
      owner?.executable ?? null,
      JSON.stringify(connection.candidates.slice(0, MAX_CANDIDATES).map(bounded)),
    ]
    const digest = shortHash(values.map((value) => (value === null ? 'null' : `=${value}`)))
    const known = find.get(digest)
    const at = whole(connection.lastSeen)
    if (known !== undefined) touch.run({ id: known, at })
    if (known !== undefined) return known
    link.run({ instance: connection.instance, server: serverId })
    return Number(insert.run(digest, ...values, at).lastInsertRowid)
  }
}

const UPSERT_CONNECTION = `
  INSERT INTO connection (id, contact_id, netns, local_address, local_zone, local_port,
    remote_port, inode, opened_before, first_seen, last_seen, closed_at, bytes_sent, bytes_received)
  VALUES (@id, @contact, @netns, @localAddress, @localZone, @localPort,
    @remotePort, @inode, @openedBefore, @firstSeen, @lastSeen, @closedAt, @sent, @received)
  ON CONFLICT (id) DO UPDATE SET contact_id = excluded.contact_id, inode = excluded.inode,
    local_address = excluded.local_address, local_zone = excluded.local_zone,
    local_port = excluded.local_port,
    first_seen = min(connection.first_seen, excluded.first_seen),
    last_seen = max(connection.last_seen, excluded.last_seen), closed_at = excluded.closed_at,
    bytes_sent = excluded.bytes_sent, bytes_received = excluded.bytes_received`

/** Writes a connection as it is now, whether or not it was written before. */
export function createConnectionWriter(db: Db): (judged: JudgedConnection) => void {
  const destinationOf = createDestinations(db)
  const writeNames = createNames(db)
  const contactOf = createContacts(db)
  const upsert = db.prepare(UPSERT_CONNECTION)
  const unsum = createUnsummer(db)
  return (judged) => {
    const { connection } = judged
    unsum(connection)
    const destination = destinationOf(judged)
    writeNames(destination, judged.names)
    upsert.run({
      id: connection.id,
      contact: contactOf(judged, destination),
      netns: connection.netns,
      localAddress: connection.local.address,
      localZone: connection.local.zone,
      localPort: connection.local.port,
      remotePort: connection.remote.port,
      inode: wholeOrNull(connection.inode),
      openedBefore: bit(connection.openedBefore),
      firstSeen: whole(connection.firstSeen),
      lastSeen: whole(connection.lastSeen),
      closedAt: wholeOrNull(connection.closedAt),
      sent: wholeOrNull(connection.bytes?.sent ?? null),
      received: wholeOrNull(connection.bytes?.received ?? null),
    })
  }
}
