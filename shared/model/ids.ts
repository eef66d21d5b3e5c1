/** Identities, as branded strings: a value of one kind can never be passed where another is meant. */
import { createHash } from 'node:crypto'

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

/** A configured server: hash of (client, source file, scope in the file, name). */
export type ServerId = Id<'ServerId'>
/** One running copy of a server: hash of its root process' boot, pid and start. */
export type InstanceId = Id<'InstanceId'>
/** One program in one process: boot, pid, start ticks and exec epoch joined by colons. */
export type ProcessKey = Id<'ProcessKey'>
/** One connection: hash of boot, namespace, protocol, both ends and the socket's inode or cookie. */
export type ConnectionId = Id<'ConnectionId'>
/** One unexpected thing: hash of (kind, server, subject); the same thing has the same id for ever. */
export type FindingId = Id<'FindingId'>

/** Milliseconds since the Unix epoch, by the wall clock. */
export type EpochMs = number

/** 16 hex digits of SHA-256 over the parts, each prefixed by its length so that no two lists collide. */
export function shortHash(parts: readonly (string | number)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${String(part).length}:${part};`)
  return hash.digest('hex').slice(0, 16)
}

export function serverId(client: string, source: string, scope: string, name: string): ServerId {
  return shortHash(['server', client, source, scope, name]) as ServerId
}

export function instanceId(bootId: string, rootPid: number, startTicks: number): InstanceId {
  return shortHash(['instance', bootId, rootPid, startTicks]) as InstanceId
}

export function findingId(kind: string, server: ServerId, subject: string): FindingId {
  return shortHash(['finding', kind, server, subject]) as FindingId
}

export function connectionId(parts: readonly (string | number)[]): ConnectionId {
  return shortHash(['connection', ...parts]) as ConnectionId
}
