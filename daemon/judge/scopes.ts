/** How far each expectation reaches, and how bad it is to go beyond. */
import type { Connection } from '../../shared/model/connection.ts'
import type { Expectation, Scope, Severity } from '../../shared/model/judgement.ts'
import { isFailed } from '../../shared/model/outcome.ts'

/** Never leaves this machine. A destination of 0.0.0.0 or `::` is this host (RFC 1122, 3.2.1.3). */
export function isThisHost(scope: Scope): boolean {
  return scope === 'loopback' || scope === 'self' || scope === 'unspecified'
}

/** Whether a server of this expectation may go to an address of this scope. */
export function allows(expectation: Expectation, scope: Scope): boolean {
  switch (expectation) {
    case 'none':
      return false
    case 'local-only':
    case 'rules': // this host is part of every rule set; the listed hosts are compared in reach.ts
      return isThisHost(scope)
    case 'lan':
      return scope !== 'public' && scope !== 'metadata'
    case 'open':
      return scope !== 'metadata'
  }
}

/** A wider expectation is a bigger number: of servers that cannot be told apart, the widest is believed. */
export function width(expectation: Expectation): number {
  switch (expectation) {
    case 'none':
      return 0
    case 'local-only':
      return 1
    case 'rules':
      return 2
    case 'lan':
      return 3
    case 'open':
      return 4
  }
}

/** Only `none` and `local-only` promise that nothing leaves; going beyond others is another kind of finding. */
export function staysHere(expectation: Expectation): boolean {
  return expectation === 'none' || expectation === 'local-only'
}

/** Nobody was reached: it failed, or waits for an answer. One that ended unseen may have got through. */
export function isAttempt({ outcome, closedAt }: Connection): boolean {
  return isFailed(outcome) || (outcome === 'unknown' && closedAt === null)
}

/**
 * A connected UDP socket alone does not show that anything was sent, and an attempt is one step milder. The direction makes no difference: it is told by
 * the local port, and a server can connect out from a port that it listens on (SO_REUSEPORT, socket(7)).
 */
export function severityOf(connection: Connection, scope: Scope): Severity {
  if (connection.outcome === 'addressed') return 'low'
  return isAttempt(connection) ? milder(byDistance(scope)) : byDistance(scope)
}

function milder(severity: Severity): Severity {
  return severity === 'high' ? 'medium' : 'low'
}

function byDistance(scope: Scope): Severity {
  switch (scope) {
    case 'public':
    case 'metadata':
      return 'high'
    case 'private':
    case 'cgnat':
    case 'unique-local':
      return 'medium'
    // Neighbours find each other this way all day (RFC 4861, RFC 6762): worth a line, not a notification.
    case 'link-local':
    case 'multicast':
    case 'loopback':
    case 'self':
    case 'unspecified':
      return 'low'
  }
}

const RANK: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2 }

export function worse(a: Severity, b: Severity): Severity {
  return RANK[a] >= RANK[b] ? a : b
}
