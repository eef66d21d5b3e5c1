/** Names of a destination, gathered over the life of a connection. */
import type { JudgedConnection, Name } from '../../shared/model/judgement.ts'

const MAX_NAMES = 8

/** A name keeps the time it was first known at, so that knowing it again is no change. */
export function mergeNames(known: readonly Name[], found: readonly Name[]): readonly Name[] {
  const added = found.filter((name) => !known.some((other) => isSameName(name, other)))
  return added.length === 0 ? known : [...known, ...added].slice(-MAX_NAMES)
}

/** Whether anything but the connection itself differs. */
export function isJudgedAlike(a: JudgedConnection, b: JudgedConnection): boolean {
  return (
    a.verdict === b.verdict &&
    a.reason === b.reason &&
    a.scope === b.scope &&
    a.trafficClass === b.trafficClass &&
    a.relayed === b.relayed &&
    a.serverId === b.serverId &&
    a.names.length === b.names.length &&
    a.names.every((name, index) => {
      const other = b.names[index]
      return other !== undefined && isSameName(name, other)
    })
  )
}

function isSameName(a: Name, b: Name): boolean {
  return a.name === b.name && a.source === b.source
}
