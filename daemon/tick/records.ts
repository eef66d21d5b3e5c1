/** The configured servers and those that still run, with what holds for each at this moment. Pure. */
import { hostsToResolve } from '../../shared/catalogue/resolvable.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { Policy } from '../../shared/model/policy.ts'
import type { Server } from '../../shared/model/server.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { type ServerFacts, serverFacts, serverRecord } from '../judge/expectation.ts'
import { configuredPackage } from '../match/configured-package.ts'

export type Facts = ReadonlyMap<ServerId, ServerFacts>

export interface Records {
  readonly facts: Facts
  /** In the order of the configuration. */
  readonly configured: readonly ServerRecord[]
  /** Also those that were taken out of their file while a copy runs: they go on being judged. */
  readonly all: ReadonlyMap<ServerId, ServerRecord>
}

export function recordsOf(
  servers: readonly Server[],
  instances: readonly Instance[],
  before: Facts,
  policy: Policy,
  at: EpochMs,
): Records {
  const configured = serverFacts(servers, instances, before, configuredPackage)
  const facts = new Map(configured.map((each) => [each.server.id, each]))
  for (const id of instances.flatMap(({ serverIds }) => serverIds)) {
    const known = facts.get(id) ?? before.get(id)
    if (known !== undefined) facts.set(id, known)
  }
  const all = new Map([...facts].map(([id, each]) => [id, serverRecord(each, policy, at)]))
  return { facts, all, configured: servers.flatMap(({ id }) => all.get(id) ?? []) }
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
