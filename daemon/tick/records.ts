/** The configured servers and those that still run, with what holds for each at this moment. Pure. */
import { hostsToResolve } from '../../shared/catalogue/resolvable.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { Policy } from '../../shared/model/policy.ts'
import type { Server } from '../../shared/model/server.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { type ServerFacts, serverFacts, serverRecord } from '../judge/expectation.ts'
import { configuredBridge } from '../match/configured-bridge.ts'
import { configuredPackage } from '../match/configured-package.ts'
import { unconfiguredServers } from '../match/unconfigured-server.ts'

export type Facts = ReadonlyMap<ServerId, ServerFacts>

const CONFIGURED = { package: configuredPackage, bridge: configuredBridge }

/** What records are made of. `selfAddresses`: see `HostFacts`. */
export interface RecordsInput {
  readonly servers: readonly Server[]
  readonly instances: readonly Instance[]
  readonly policy: Policy
  readonly selfAddresses: ReadonlySet<string>
}

export interface Records {
  readonly facts: Facts
  /** In the order of the configuration, and behind them those that run and are in none. */
  readonly configured: readonly ServerRecord[]
  /** Also those that were taken out of their file while a copy runs: they go on being judged. */
  readonly all: ReadonlyMap<ServerId, ServerRecord>
}

export function recordsOf(
  { servers, instances, policy, selfAddresses }: RecordsInput,
  before: Facts,
  at: EpochMs,
): Records {
  const configured = serverFacts(servers, instances, before, CONFIGURED)
  const listed = serverFacts(unconfiguredServers(instances), instances, before, CONFIGURED)
  const facts = new Map([...configured, ...listed].map((each) => [each.server.id, each]))
  for (const id of instances.flatMap(({ serverIds }) => serverIds)) {
    const known = facts.get(id) ?? before.get(id)
    if (known !== undefined) facts.set(id, known)
  }
  const all = new Map(
    [...facts].map(([id, each]) => [id, serverRecord(each, policy, at, selfAddresses)]),
  )
  const told = [...servers, ...listed.map(({ server }) => server)]
  return { facts, all, configured: told.flatMap(({ id }) => all.get(id) ?? []) }
}

/** Records with the time for which they hold, and what they were made of. */
export interface RecordsInForce extends Records, RecordsInput {
  /** From this moment until the first rule or mute that expires after it. */
  readonly from: EpochMs
  readonly until: EpochMs
  /** As `expectedHosts`. */
  readonly hosts: ReadonlySet<string>
}

/** The same as before, while what they are made of is the same and nothing expires. */
export function recordsInForce(
  before: RecordsInForce | null,
  input: RecordsInput,
  at: EpochMs,
): RecordsInForce {
  const { servers, instances, policy, selfAddresses } = input
  const isSame =
    before !== null &&
    before.servers === servers &&
    before.instances === instances &&
    before.policy === policy &&
    before.selfAddresses === selfAddresses &&
    before.from <= at &&
    at < before.until
  if (isSame) return before
  const records = recordsOf(input, before?.facts ?? NO_FACTS, at)
  const hosts = expectedHosts(policy, instances, records.all)
  return { ...records, ...input, from: at, until: nextExpiry(policy, at), hosts }
}

const NO_FACTS: Facts = new Map()

/** When the first of those rules and mutes ends that are in force; infinity where none does. */
function nextExpiry({ rules }: Policy, at: EpochMs): EpochMs {
  const ends = rules.flatMap(({ until, mutes }) => [until, ...mutes.map((mute) => mute.until)])
  return Math.min(...ends.filter((end) => end !== null && end > at).map(Number), Infinity)
}

/** What was told of them last. */
export interface ToldRecords {
  readonly records: readonly ServerRecord[] | null
  readonly text: string
}

/** `changed` is null when there is nothing new to tell. */
export function recordChanges(
  told: ToldRecords,
  records: readonly ServerRecord[],
): { readonly changed: readonly ServerRecord[] | null; readonly told: ToldRecords } {
  if (told.records === records) return { changed: null, told }
  const text = JSON.stringify(records)
  return { changed: text === told.text ? null : records, told: { records, text } }
}

/** The hosts whose addresses have to be known to judge what runs; none where the user wants no name looked up. */
export function expectedHosts(
  policy: Policy,
  instances: readonly Instance[],
  records: ReadonlyMap<ServerId, ServerRecord>,
): ReadonlySet<string> {
  if (!policy.resolveNames) return new Set()
  const running = new Set(instances.flatMap(({ serverIds }) => serverIds))
  const rules = [...running].flatMap((id) => {
    const record = records.get(id)
    return record === undefined ? [] : [...record.rules, ...record.telemetry]
  })
  return new Set(hostsToResolve(rules))
}
