/** What each configured server is expected to do: by the policy, else by what is known of it, else by default. */
import { findInCatalogue } from '../../shared/catalogue/find-known-server.ts'
import { heldTo } from '../../shared/catalogue/held-to.ts'
import type { KnownServer } from '../../shared/catalogue/known-server.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { HostRule, Policy, PolicyRule } from '../../shared/model/policy.ts'
import type { Endpoint, PackageRef, Server } from '../../shared/model/server.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { mutesFor, type RuleSubject, ruleFor } from '../../shared/policy/rule-for.ts'
import { basename } from '../../shared/text/basename.ts'
import { heldToEntry } from './bridge.ts'

/** What is known of a server without asking the user. */
export interface ServerFacts {
  readonly server: Server
  /** What runs, or ran last, by its own word; else what the command line names. */
  readonly package: PackageRef | null
  /** What the command line names. */
  readonly configured: PackageRef | null
  readonly known: KnownServer | null
  /** Whom its entry has it talk to, where it is a bridge; else empty. */
  readonly bridge: readonly Endpoint[]
}

/** What the command line of an entry names. */
export interface Configured {
  readonly package: (server: Server) => PackageRef | null
  readonly bridge: (server: Server) => readonly Endpoint[]
}

/**
 * One a server, in the order of `servers`. What ran last is remembered (through `previous`) while the entry starts the
 * same thing. Where what runs and what is configured are known as different servers, the one that may do less counts:
 * a program chooses the name in its own package.json.
 */
export function serverFacts(
  servers: readonly Server[],
  instances: readonly Instance[],
  previous: ReadonlyMap<ServerId, ServerFacts>,
  configured: Configured,
): ServerFacts[] {
  const running = instancesByServer(instances)
  return servers.map((server) => {
    const copies = running.get(server.id) ?? []
    const before = previous.get(server.id)
    if (copies.length === 0 && before !== undefined && startsTheSame(before.server, server))
      return { ...before, server }
    return factsOf(server, copies, configured)
  })
}

function factsOf(server: Server, copies: readonly Instance[], about: Configured): ServerFacts {
  const configured = about.package(server)
  const known = heldTo(
    findInCatalogue(configured, configuredBinary(server)),
    copies.map((copy) => findInCatalogue(copy.package, copy.binary)),
  )
  const running = copies.map((copy) => copy.package).find((pkg) => pkg !== null)
  return { server, package: running ?? configured, configured, known, bridge: about.bridge(server) }
}

/** What holds at this moment: rules and mutes expire by the wall clock, so this is asked anew each tick. */
export function serverRecord(
  facts: ServerFacts,
  policy: Policy,
  at: EpochMs,
  selfAddresses: ReadonlySet<string>,
): ServerRecord {
  const { server, known } = facts
  // The command line is the user's word, what runs is the program's: a rule must not be slipped into or out of.
  const subject: RuleSubject = { server, package: facts.configured ?? facts.package }
  const rule = ruleFor(policy, subject, at)
  const base = {
    server,
    package: facts.package,
    telemetry: known?.telemetry ?? [],
    mutes: mutesFor(policy, subject, at),
  }
  if (rule !== null) return { ...base, ...decided(rule, known) }
  const byEntry = heldToEntry(facts.bridge, known, selfAddresses)
  if (byEntry !== null) return { ...base, ...byEntry }
  if (known === null)
    return {
      ...base,
      ...held(policy.defaultExpectation),
      expectationSource: 'default',
      children: 'same',
      setByUser: false,
    }
  return {
    ...base,
    ...held(known.expectation === 'rules' ? known.rules : known.expectation),
    expectationSource: 'catalogue',
    children: known.children,
    setByUser: known.configured,
  }
}

/**
 * By a rule of the user. A word such as `local-only` is meant for all that the server starts; a list of hosts adds to
 * what is known of the server, and so leaves its git or browser as free as it was.
 */
function decided(
  rule: PolicyRule,
  known: KnownServer | null,
): Pick<ServerRecord, 'expectation' | 'expectationSource' | 'rules' | 'children' | 'setByUser'> {
  const expect = rule.expect ?? 'open'
  const byDefault = typeof expect === 'string' ? 'same' : (known?.children ?? 'same')
  return {
    ...held(expect),
    expectationSource: 'policy',
    children: rule.children ?? byDefault,
    setByUser: false,
  }
}

function held(
  expect: Policy['defaultExpectation'] | readonly HostRule[],
): Pick<ServerRecord, 'expectation' | 'rules'> {
  return typeof expect === 'string'
    ? { expectation: expect, rules: [] }
    : { expectation: 'rules', rules: expect }
}

function configuredBinary(server: Server): string | null {
  const command = server.launch?.command
  return command?.kind === 'literal' ? basename(command.value) : null
}

function instancesByServer(instances: readonly Instance[]): ReadonlyMap<ServerId, Instance[]> {
  const running = new Map<ServerId, Instance[]>()
  for (const instance of instances) {
    for (const id of instance.serverIds) {
      const copies = running.get(id)
      if (copies === undefined) running.set(id, [instance])
      else copies.push(instance)
    }
  }
  return running
}

function startsTheSame(before: Server, now: Server): boolean {
  return before === now || JSON.stringify(before.launch) === JSON.stringify(now.launch)
}
