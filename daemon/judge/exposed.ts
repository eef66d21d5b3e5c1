/** Listeners of servers that other machines can reach. */
import { scopeOf } from '../../shared/address/scope.ts'
import type { InstanceId } from '../../shared/model/ids.ts'
import { exposedKey } from './exposed-key.ts'
import type { FindingFold } from './findings.ts'
import { clean } from './happened.ts'
import type { JudgeInput, JudgeState } from './state.ts'
import type { Subject } from './subject.ts'

/** A listener that stays is written again this often, so that a report of today still has it. */
const REFRESH_MS = 10 * 60_000

/** Tells the fold of each; returns those it has counted and that still listen. */
export function countExposed(
  fold: FindingFold,
  state: JudgeState,
  input: JudgeInput,
  subjects: (instance: InstanceId) => Subject | null,
): ReadonlySet<string> {
  const still = new Set<string>()
  const seen = new Set<string>()
  for (const listening of input.listening) {
    const { instance, inherited, local } = listening
    const subject = subjects(instance)
    const scope = scopeOf(local.address, input.host.selfAddresses)
    // Loopback is what a local server should use; one that was handed down was opened by somebody else.
    if (subject === null || inherited || scope === 'loopback' || !subject.instance.judged) continue
    const key = exposedKey(instance, local.port)
    still.add(key)
    // Often one listener for each family on the same port.
    if (seen.has(key)) continue
    seen.add(key)
    const isNew = !state.exposed.has(key)
    const addresses = scope === 'unspecified' ? reachOf(local.address, input) : [local.address]
    const reach = addresses.map((address) => withInterface(address, input))
    fold.exposed({ listening, subject, scope, reach, at: roundedFor(isNew, input.at) }, isNew)
  }
  return still
}

/** So that a sighting is news only now and then. */
function roundedFor(isNew: boolean, at: number): number {
  return isNew ? at : at - (at % REFRESH_MS)
}

/** `192.168.1.5 (eth0)`: by its interface one knows which network that is. */
function withInterface(address: string, { host }: JudgeInput): string {
  const name = host.interfaces?.get(address)
  return name === undefined ? address : `${address} (${clean(name)})`
}

/** This machine's addresses beyond loopback, IPv4 first: those are what people recognise. `::` takes both kinds. */
function reachOf(wildcard: string, { host }: JudgeInput): readonly string[] {
  const none = new Set<string>()
  return [...host.selfAddresses]
    .filter((address) => wildcard === '::' || !address.includes(':'))
    .filter((address) => {
      const scope = scopeOf(address, none)
      return scope !== 'loopback' && scope !== 'link-local'
    })
    .toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')) || (a < b ? -1 : 1))
}
