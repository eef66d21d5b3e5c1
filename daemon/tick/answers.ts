/** What judging may ask, over the ports of the moment. */

import { scopeOf } from '../../shared/address/scope.ts'
import type { HostFacts, RegistryAnswer } from '../../shared/model/host.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import type { NameBook } from '../judge/names.ts'
import type { HostBook, HostName, RegistrySource } from '../ports.ts'
import type { ProcessMemory } from './dead-keeper.ts'

/** Also for a launcher that ended within the last minute: its connections are still judged. */
export function registryAnswers(
  registry: RegistrySource,
  { live, departed }: ProcessMemory,
): (key: ProcessKey) => RegistryAnswer {
  let known: Map<ProcessKey, Process> | null = null
  const index = (): Map<ProcessKey, Process> => {
    const processes = new Map<ProcessKey, Process>()
    for (const { process } of departed) processes.set(process.key, process)
    for (const process of live.values()) processes.set(process.key, process)
    return processes
  }
  return (key) => {
    // Asked of launchers only, of which most ticks have none.
    known ??= index()
    const process = known.get(key)
    return process === undefined ? { kind: 'unknown' } : registry.registryFor(process)
  }
}

/**
 * `isOn`: whether the user wants names to be looked up. `isOthers`: a host that is looked up for another purpose, and
 * that no server is expected to use: its name would be a guess.
 */
export function nameAnswers(
  book: HostBook,
  isOn: boolean,
  isOthers: (host: string) => boolean,
): NameBook {
  return {
    isOn,
    namesOf: (address) => withoutOthers(book.namesOf(address), isOthers),
    freshness: (host) => book.freshness(host),
    varies: (host) => book.varies(host),
  }
}

function withoutOthers(
  names: readonly HostName[],
  isOthers: (host: string) => boolean,
): readonly HostName[] {
  if (!names.some(({ host }) => isOthers(host))) return names
  const kept = names.filter(({ host }) => !isOthers(host))
  return kept.map((name) => ({ ...name, shared: kept.length > 1 }))
}

export function isLocal(address: string, host: HostFacts): boolean {
  const scope = scopeOf(address, host.selfAddresses)
  return scope === 'loopback' || scope === 'self'
}
