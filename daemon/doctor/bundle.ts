/** One file for a bug report: gzip of one JSON document, without what tells who its user is. Pure but for gzip. */
import { gzipSync } from 'node:zlib'
import type { Status } from '../../shared/contract/answers.ts'
import type { Doctor } from '../../shared/contract/doctor.ts'
import type { LogLine } from './log-tail.ts'
import { type Person, redact } from './redact.ts'
import { count } from './say.ts'

export interface Bundle {
  readonly bytes: Uint8Array
  /** What is in it, a sentence each. */
  readonly contents: readonly string[]
}

export interface BundleInput {
  readonly doctor: Doctor
  /** Of the running daemon; null without one. */
  readonly status: Status | null
  readonly log: readonly LogLine[]
  readonly person: Person
}

const MOST_LINES = 500

/** Nothing is copied whole but the doctor's answer: a field that is added to a status later stays out until it is added here. */
export function makeBundle({ doctor, status, log, person }: BundleInput): Bundle {
  const lines = log.slice(-MOST_LINES)
  const servers = status?.servers.map(serverOf) ?? []
  const document = redact({ kind: 'mcp-watch doctor', doctor, servers, log: lines }, person)
  return {
    bytes: gzipSync(`${JSON.stringify(document, null, 1)}\n`),
    contents: [
      'the answer of "mcp-watch doctor --json", with the paths of configuration files',
      status === null
        ? 'no servers, as no mcp-watch runs'
        : `names, clients, states and counts of ${count(servers.length, 'server')}, without their connections and findings`,
      `${count(lines.length, 'line')} of the log: time, level, message and code`,
      'not in it: arguments, environments, contents of configuration files, addresses, your user name, your home folder, the name of this machine',
    ],
  }
}

function serverOf(server: Status['servers'][number]): object {
  const { id, name, client, state, expectation, instances } = server
  const { openConnections, unexpected, unknown } = server
  return {
    id,
    name,
    client,
    state,
    expectation,
    openConnections,
    unexpected,
    unknown,
    instances: instances.map(({ quality, reasons, processes }) => ({
      quality,
      reasons,
      processes,
    })),
  }
}
