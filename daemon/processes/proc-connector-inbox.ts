/** What the process connector told of the family, and of our own subscription and probe. Pure, but for its own state. */
import type { ConnectorSink } from './connector-messages.ts'
import type { Family } from './family.ts'

/** An event of a process of the family. `atNs`: CLOCK_MONOTONIC. */
export type ProcessEvent =
  | {
      readonly kind: 'fork'
      readonly parent: number
      readonly child: number
      readonly atNs: number
    }
  | { readonly kind: 'exec'; readonly pid: number }
  | { readonly kind: 'exit'; readonly pid: number }

/** What has come and was not yet asked for. */
export interface Inbox {
  readonly sink: ConnectorSink
  /** The errno that answers our subscription, 0 for yes; null before. */
  readonly answer: number | null
  /** The child of ours whose fork is waited for from now on. */
  expect(pid: number | null): void
  readonly hasProved: boolean
  take(): readonly ProcessEvent[]
}

/** `ownPid` is who forks the child that is waited for; `token` what our subscription bore. */
export function createInbox(family: Family, ownPid: number, token: number): Inbox {
  let events: ProcessEvent[] = []
  let answer: number | null = null
  let expected: number | null = null
  let hasProved = false
  const isProbing = (): boolean => expected !== null && !hasProved
  const sink: ConnectorSink = {
    concerns: (parent, child) =>
      family.has(parent) || family.has(child) || (parent === ownPid && isProbing()),
    fork(parent, child, atNs) {
      if (parent === ownPid && child === expected) hasProved = true
      if (family.fork(parent, child, atNs)) events.push({ kind: 'fork', parent, child, atNs })
    },
    exec(pid) {
      if (family.exec(pid)) events.push({ kind: 'exec', pid })
    },
    exit(pid) {
      if (family.exit(pid)) events.push({ kind: 'exit', pid })
    },
    acknowledged(acknowledgement, error) {
      // Answers go to all who listen: those to others bear other numbers.
      if (acknowledgement === token + 1) answer ??= error
    },
  }
  return {
    sink,
    expect(pid) {
      expected = pid
      hasProved = false
    },
    get answer() {
      return answer
    },
    get hasProved() {
      return hasProved
    },
    take() {
      const taken = events
      if (taken.length > 0) events = []
      return taken
    },
  }
}
