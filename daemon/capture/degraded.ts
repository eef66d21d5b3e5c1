/** A sentence for each reason why an engine sees less than it could. */
import type { DegradedReason, EngineDescription } from '../../shared/model/observation.ts'

const SENTENCES = {
  sampling:
    'Sockets are looked at from time to time: a connection shorter than the interval can be missed.',
  'lsof-sampling':
    'Only lsof is used: it looks at watched processes from time to time, and shorter connections can be missed.',
  'gated-sampling':
    'Sockets are looked at whenever a watched process has run: a connection shorter than about 25 ms can be missed, and one that is closed abortively (SO_LINGER 0) leaves no trace.',
  'inbound-sampled':
    'Connections that others make to a server are looked for from time to time: one that is over within a second can be missed.',
  'no-process-events':
    'The kernel does not tell of new processes here: children that live only for moments can be missed.',
  'no-close-events':
    'The kernel does not tell of closed sockets here: connections between two looks are not counted.',
  'cpu-clock-unreadable':
    'The CPU time of some watched processes cannot be read: they are looked at from time to time instead of when they run.',
  'cgroup2-not-visible':
    'No cgroup2 mount is visible here: ss needs several times longer for each sample, and control groups are not known.',
  'other-users-not-readable':
    'Without root the descriptors of other users’ processes cannot be read: servers that run as another user are not covered.',
  'process-unreadable':
    'Some watched processes do not let their descriptors be read: what they are connected to is not known.',
  'other-namespace-unreadable':
    'Some watched processes have their own network, and its sockets could not be read.',
  'tool-failed': 'The last sample failed: what happened since the one before is not known.',
  'tool-slow': 'Samples take long on this machine, so they are taken less often.',
  'better-engine-refused': 'A better way of looking does not work on this machine.',
  'unconnected-udp':
    'Where an unconnected UDP socket sends to cannot be seen by looking at sockets.',
  'processes-hidden':
    '/proc is mounted with hidepid: processes of other users do not show, so servers that run as another user are not found.',
  'snap-confined':
    'mcp-watch runs in a snap, whose confinement keeps processes and sockets from it: install it another way.',
  'inside-windows':
    'This is Linux inside Windows (WSL): clients on the Windows side, and the servers that they start there, are not seen.',
  'inside-container': 'This is a container: only what runs inside of it is seen.',
  'container-relays':
    'A container of Podman, or one without root, is used, and it is not known which: pasta, slirp4netns or rootlesskit hold its connections in its place, so that they do not tell what the server inside talks to.',
  'containers-sampled':
    'Some containers may not be looked into: their sockets are listed from time to time, so that one that the container opens and the other end closes within a second can be missed. Root sees each.',
} as const satisfies Record<DegradedReason, string>

/** The reasons with their sentences, each once, in a fixed order; `details` are put behind them. */
export function degradedList(
  reasons: Iterable<DegradedReason>,
  details: Partial<Record<DegradedReason, string | null>> = {},
): EngineDescription['degraded'] {
  const given = new Set(reasons)
  return (Object.keys(SENTENCES) as DegradedReason[])
    .filter((code) => given.has(code))
    .map((code) => ({ code, message: [SENTENCES[code], details[code] ?? []].flat().join(' ') }))
}
