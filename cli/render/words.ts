/** The words for what the closed lists of shared/model name. */

import type { Health } from '../../shared/contract/answers.ts'
import type { ServerState } from '../../shared/contract/common.ts'
import type { Quality } from '../../shared/model/attribution.ts'
import type {
  Expectation,
  ExpectationSource,
  FindingKind,
  Name,
  TrafficClass,
  VerdictReason,
} from '../../shared/model/judgement.ts'
import type { Outcome } from '../../shared/model/outcome.ts'
import type { GapReason, NotObservedReason } from '../../shared/model/tick.ts'

const REASON_SENTENCES: Readonly<Record<VerdictReason, string>> = {
  loopback: 'it stayed on this machine',
  'this-host': 'the address is one of this machine’s own',
  'open-expectation': 'nothing restricts where this server may connect to',
  registry: 'a launcher asked the package registry or proxy that its package manager is set to',
  nameserver: 'a question to a nameserver that this machine is set to use',
  'beyond-local': 'it left this machine, and this server is expected to stay on it',
  inherited: 'the socket is also held outside the server, so the server may not have opened it',
  'developer-run': 'started by hand in a terminal or from a file: listed, not judged',
  'registry-not-known':
    'a launcher connected out and its package manager did not say which registry it uses',
  relayed:
    'what listens at this local address connects out itself, so the traffic may go on from there',
  'peer-not-observable': 'what listens at this local address cannot be looked into',
  'process-unreadable':
    'the server has a process that cannot be looked into, so this may or may not be its own',
  'inbound-local': 'a program on this machine connected to the server',
  'inbound-remote': 'another machine connected to the server',
  'local-lookup': 'a question for a name, asked of the machines of the local network only',
  'local-network': 'it stayed on the local network, where this server may go',
  'beyond-lan': 'it left the local network, and this server is expected to stay on it',
  declared: 'a host that this server is expected to use',
  'known-telemetry': 'a host that this server is known to report its use to',
  'not-declared': 'none of the hosts that this server is expected to use',
  'name-not-known': 'the names of its expected hosts are still being looked up',
  'name-lookup-failed':
    'one of its expected hosts could not be looked up, so this address may be that host’s',
  'name-lookup-off':
    'it is expected to use hosts by name, and the policy says that no name is looked up',
  'name-varies':
    'one of its expected hosts has other addresses at each look, and this may be one of them',
  'suffix-not-resolvable':
    'it may use every host below a domain, and which addresses those have cannot be looked up',
  'set-by-user': 'this server goes where its settings point it, so this may be what you set',
  'maybe-sign-in':
    'none of the hosts that its entry names, but this may be where the remote server has its user sign in',
  'metadata-service': 'where clouds hand out the credentials of this machine',
  'install-time':
    'a script that ran while the package was installed connected elsewhere than its registry',
}

/** Nothing leaves the machine by its own addresses: there, the verdict is that of a server that is to connect to nothing. */
export function reasonSentence(reason: VerdictReason, scope: string): string {
  if (reason === 'beyond-local' && (scope === 'loopback' || scope === 'self')) {
    return 'it stayed on this machine, but this server is expected to connect to nothing at all'
  }
  return REASON_SENTENCES[reason]
}

export const CLASS_WORDS: Readonly<Record<TrafficClass, string>> = {
  launcher: 'launcher traffic',
  install: 'install traffic',
  server: 'server traffic',
  telemetry: 'telemetry',
  dns: 'name lookup',
}

export const GAP_SENTENCES: Readonly<Record<GapReason, string>> = {
  'daemon-down': 'mcp-watch was not running',
  sleep: 'this machine was asleep',
  stalled: 'mcp-watch or this machine was held up',
  'failed-sample': 'looking failed',
  'engine-change': 'the way of looking changed',
  'events-lost': 'the kernel had more to tell than it could keep, so what is missing is not known',
  'clock-set': 'the clock was set, so times in between are not what they seem',
  'stored-late': 'the database could not be written; what was seen was kept and written later',
  'not-stored':
    'not all that was seen then could be kept: the database was damaged, or could not be written for long',
}

/** What is wrong with the daemon, null for nothing. */
export const HEALTH_SENTENCES: Readonly<Record<Health['status'], string | null>> = {
  ok: null,
  'not-storing': 'The database cannot be written: what is seen now waits in memory until it can',
  'not-watching': 'Looking fails now: what happens meanwhile is not seen. The log says why',
}

export const NOT_OBSERVED_SENTENCES: Readonly<Record<NotObservedReason, string>> = {
  'remote-transport': 'runs elsewhere: its client talks to it over the network',
  'address-not-known':
    'has an address that is not known, or that nothing can have: neither looked for nor counted',
  'name-lookup-off':
    'is reached by name, and the policy says that no name is looked up: connections to it are not counted',
  'name-not-found':
    'has a name that could not be looked up, or that no nameserver is asked for (.local): connections to it are not counted',
  'client-not-readable':
    'is reached by a client that cannot be looked into: connections to it are not counted',
  'in-client': 'runs inside its client; its connections cannot be told from the client’s',
  'process-unreadable': 'has a process that cannot be looked into',
  'unconnected-udp':
    'has a UDP socket without a fixed destination; where it sends to cannot be seen',
  'other-namespace': 'runs in a network namespace that cannot be looked into',
  'container-not-found': 'runs in a container that could not be found on this machine',
  'container-elsewhere': 'runs in a container inside a virtual machine or on another host',
  'other-entry':
    'is answered by a process that runs as the server of another entry: what it connects to is shown there',
  'listener-not-told':
    'has an address at which several programs listen, or one that listens for others; which of them it is cannot be told',
}

export const STATE_WORDS: Readonly<Record<ServerState, string>> = {
  running: 'running',
  ended: 'ended',
  'never-seen': 'not seen running',
  orphaned: 'running without its client',
  removed: 'no longer configured',
  unconfigured: 'in no configuration',
  remote: 'remote',
  answered: 'somebody answers',
  'in-client': 'inside its client',
}

/** Instead of a file, of a server that is in none. */
export const IN_NO_FILE = 'in no configuration that mcp-watch reads'

export const EXPECTATION_WORDS: Readonly<Record<Expectation, string>> = {
  none: 'no connections at all',
  'local-only': 'this machine only',
  lan: 'the local network only',
  rules: 'the listed hosts only',
  open: 'anything',
}

export const EXPECTATION_SOURCE_WORDS: Readonly<Record<ExpectationSource, string>> = {
  policy: 'says the policy',
  configuration: 'says the entry itself',
  catalogue: 'a known server',
  baseline: 'as you accepted',
  default: 'nothing says otherwise',
}

export const FINDING_WORDS: Readonly<Record<FindingKind, string>> = {
  'local-only-egress': 'a server that should stay local connected elsewhere',
  'unreadable-server': 'a server that should stay local cannot be looked into',
  'undeclared-destination': 'a server connected beyond where it is expected to',
  'metadata-service': 'a server asked for the credentials of this machine',
  'exposed-listener': 'a server accepts connections from other machines',
  'install-time-egress': 'an install script connected elsewhere than the package registry',
  'new-destination': 'a server connected where it never did before',
  'raw-socket': 'a server made a socket for packets that are not recorded here',
  'config-drift': 'what a client’s configuration declares was changed',
  'unconfigured-server': 'a client runs an MCP server that no configuration declares',
  'orphan-egress': 'a server without its client connected out',
}

/** After a number, or alone. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  established: 'established',
  refused: 'refused',
  'timed-out': 'timed out',
  abandoned: 'given up',
  'no-route': 'without a route',
  addressed: 'addressed (sending not seen)',
  unknown: 'unknown',
}

export const NAME_SOURCE_WORDS: Readonly<Record<Name['source'], string>> = {
  registry: 'the configured registry',
  listener: 'what listens there',
  'expected-host': 'an expected host',
  'one-of-hosts': 'one of several expected hosts with this address',
}

/** Only what limits the certainty of an attribution is worth words; null where it is certain. */
export const QUALITY_WORDS: Readonly<Record<Quality, string | null>> = {
  exact: null,
  launcher: null,
  'args-subset': 'recognised by a part of its arguments',
  listener: 'recognised by the port it listens on',
  remembered: 'recognised from before its starter ended',
  'one-of': 'one of several entries that look the same',
  'no-client': 'no known client above it',
  unconfigured: null,
}
