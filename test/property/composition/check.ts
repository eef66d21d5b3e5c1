/** Compares what the matching says of a world with what is true of it. */
import type { MatchOutput } from '../../../daemon/match/match.ts'
import type { Instance } from '../../../shared/model/attribution.ts'
import type { Process } from '../../../shared/model/process.ts'
import { couldBe, type Entry } from './entries.ts'
import type { Copy, Truth, World } from './world.ts'

/** In words, one for each process that was given to a server that is not its own. */
export function wrongOwners(
  world: World,
  output: Pick<MatchOutput, 'instances'>,
): readonly string[] {
  const given = new Set<Process>()
  return output.instances.flatMap((instance) => {
    if (instance.unconfigured !== undefined) return wrongUnconfigured(world, instance)
    const named = entriesOf(world, instance)
    return instance.members.flatMap(({ process }) => {
      if (given.has(process)) return [`${process.pid} was given twice`]
      given.add(process)
      const fault = faultOf(world.truth.get(process.pid), named, instance)
      return fault === null ? [] : [`${process.pid} ${process.argv.join(' ')}: ${fault}`]
    })
  })
}

/** What is nobody's and named as a server is may be said to be in no configuration; nothing else. */
function wrongUnconfigured({ truth }: World, { members }: Instance): readonly string[] {
  return members.flatMap(({ process: { pid, argv } }) => {
    const isNamedSo = argv.some((word) => word.startsWith('/srv/web/'))
    return isNamedSo && !truth.has(pid) ? [] : [`${pid} ${argv.join(' ')}: taken for unconfigured`]
  })
}

function faultOf(
  truth: Truth | undefined,
  named: readonly Entry[],
  { client, judged, reasons }: Instance,
): string | null {
  const names = named.map((entry) => `${entry.client.id}:${entry.name}`).join(', ')
  if (truth === undefined) return `nobody's, was given to ${names} (${reasons.join(', ')})`
  const { entry } = truth
  const fault = `of ${entry.client.id}:${entry.name}, was given to ${names} (${reasons.join(', ')})`
  if (truth.kind === 'of') {
    const { outer } = truth
    const isOuter = outer !== undefined && named.includes(outer.entry)
    if (!isOuter && !named.includes(entry)) return fault
    const clients = isOuter ? [truth.client, outer.client] : [truth.client]
    if (client === null || clients.some(({ pid }) => pid === client.pid)) return null
    return `${fault} and another client`
  }
  if (!named.some((other) => couldBe(entry, other))) return fault
  return truth.isOwnRun && judged ? `${fault} and judged` : null
}

/** False for one process that wrote over its arguments before anybody saw them: nothing tells for certain what it is. */
export function showsItself({ tree }: Copy): boolean {
  return tree.processes.some(({ argvForm }) => argvForm === 'given') || tree.processes.length > 1
}

/** Whether a copy was found by its topmost process, and named as exactly as it can be. */
export function isFound(
  world: World,
  output: Pick<MatchOutput, 'instances'>,
  { root, entry }: Copy,
): boolean {
  const instance = output.instances.find(({ rootPid }) => rootPid === root.pid)
  if (instance === undefined) return false
  const named = entriesOf(world, instance)
  return named.includes(entry) && named.every((other) => couldBe(entry, other))
}

function entriesOf({ entries, servers }: World, { serverIds }: Instance): readonly Entry[] {
  return entries.filter((_, index) => {
    const id = servers[index]?.id
    return id !== undefined && serverIds.includes(id)
  })
}
