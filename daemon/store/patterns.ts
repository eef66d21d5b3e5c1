/** The dictionary of sums: what a contact is without the running copy and the process. */
import { shortHash } from '../../shared/model/ids.ts'
import type { Db } from './db.ts'

/**
 * A server that goes to more has its further destinations summed as one, without address: a scan must not push out the
 * record of the others.
 */
export const MAX_PATTERNS_PER_SERVER = 5_000
/** `destination.address` of that one. */
export const FURTHER_DESTINATIONS = ''

type Value = string | number | null

interface Part {
  readonly server: string
  readonly destination: number
  /** scope, class, verdict, reason, relayed, inherited, outcome, role and executable of the owner. */
  readonly rest: readonly Value[]
}

const CONTACT = `
  SELECT s.server_id, c.destination_id, c.scope, c.traffic_class, c.verdict, c.reason, c.relayed,
    c.inherited, c.outcome, c.owner_role, c.owner_executable, d.direction
  FROM contact c JOIN instance_server s ON s.instance_id = c.instance_id
  JOIN destination d ON d.id = c.destination_id WHERE c.id = ? ORDER BY s.server_id`

const INSERT = `
  INSERT INTO pattern (digest, server_id, destination_id, scope, traffic_class, verdict, reason,
    relayed, inherited, outcome, owner_role, owner_executable, last_day)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/**
 * Row ids of a contact's patterns: one for each server that its instance may be of. Remembers them, so it is to be made
 * anew for each hour: which servers an instance may be of can change.
 */
export function createPatterns(db: Db): (contact: number, day: number) => readonly number[] {
  const read = db.prepare<unknown[], Value[]>(CONTACT).raw()
  const find = db.prepare<unknown[], number>('SELECT id FROM pattern WHERE digest = ?').pluck()
  const count = db
    .prepare<unknown[], number>('SELECT count(*) FROM pattern WHERE server_id = ?')
    .pluck()
  const insert = db.prepare(INSERT)
  const touch = db.prepare('UPDATE pattern SET last_day = @day WHERE id = @id AND last_day < @day')
  const counts = new Map<string, number>()
  const known = new Map<number, readonly number[]>()
  const further = createFurther(db)

  const idOf = (part: Part, day: number, direction: Value): number => {
    const digest = digestOf(part)
    const found = find.get(digest)
    if (found !== undefined) return found
    const before = counts.get(part.server) ?? count.get(part.server) ?? 0
    const destination = before < MAX_PATTERNS_PER_SERVER ? part.destination : further(direction)
    if (destination !== part.destination) {
      const folded = { ...part, destination, rest: withoutProgram(part.rest) }
      const id = find.get(digestOf(folded))
      return id ?? add(folded, day, before)
    }
    return add(part, day, before)
  }
  const add = (part: Part, day: number, before: number): number => {
    counts.set(part.server, before + 1)
    const { server, destination, rest } = part
    return Number(insert.run(digestOf(part), server, destination, ...rest, day).lastInsertRowid)
  }
  return (contact, day) => {
    const before = known.get(contact)
    if (before !== undefined) return before
    const ids = read.all(contact).map(([server, destination, ...rest]) => {
      const part = { server: String(server), destination: Number(destination) }
      return idOf({ ...part, rest: rest.slice(0, -1) }, day, rest.at(-1) ?? 'outbound')
    })
    for (const id of ids) touch.run({ id, day })
    known.set(contact, ids)
    return ids
  }
}

function digestOf({ server, destination, rest }: Part): string {
  return shortHash([server, destination, ...rest].map((it) => (it === null ? 'null' : `=${it}`)))
}

/** Role and executable are the last two: a server that starts a thousand programs would fill the rest too. */
function withoutProgram(rest: readonly Value[]): readonly Value[] {
  return [...rest.slice(0, -2), null, null]
}

/** Row id of the destination that stands for all further ones. */
function createFurther(db: Db): (direction: Value) => number {
  const find = db
    .prepare<unknown[], number>(
      `SELECT id FROM destination WHERE address = '${FURTHER_DESTINATIONS}' AND port = 0
         AND protocol = 'tcp' AND direction = ? AND zone = ''`,
    )
    .pluck()
  const insert = db.prepare(
    `INSERT INTO destination (address, port, protocol, direction, zone)
     VALUES ('${FURTHER_DESTINATIONS}', 0, 'tcp', ?, '')`,
  )
  return (direction) => find.get(direction) ?? Number(insert.run(direction).lastInsertRowid)
}
