/** What each configured server is expected to do: by what runs, else by what its command line names. */
import { findKnownServer } from '../../shared/catalogue/find-known-server.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { PackageRef, Server } from '../../shared/model/server.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { basename } from '../../shared/text/basename.ts'

/**
 * One record a server, in the order of `servers`. What ran last is remembered (through `previous`) while the entry
 * starts the same thing. A known local-only package on the command line also counts when what runs calls itself
 * otherwise: a server could rename itself in its own package.json to be held to less.
 */
export function serverRecords(
  servers: readonly Server[],
  instances: readonly Instance[],
  previous: ReadonlyMap<ServerId, ServerRecord>,
  configuredPackage: (server: Server) => PackageRef | null,
): ServerRecord[] {
  const running = instancesByServer(instances)
  return servers.map((server) => {
    const copies = running.get(server.id) ?? []
    const before = previous.get(server.id)
    if (copies.length === 0 && before !== undefined && startsTheSame(before.server, server))
      return { ...before, server }
    return recordOf(server, copies, configuredPackage(server))
  })
}

function recordOf(
  server: Server,
  copies: readonly Instance[],
  configured: PackageRef | null,
): ServerRecord {
  const known =
    copies.map((copy) => findKnownServer(copy.package, copy.binary)).find((k) => k !== null) ??
    findKnownServer(configured, configuredBinary(server))
  return {
    server,
    package: copies.map((copy) => copy.package).find((pkg) => pkg !== null) ?? configured,
    expectation: known?.expectation ?? 'open',
    expectationSource: known === null ? 'default' : 'catalogue',
  }
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
