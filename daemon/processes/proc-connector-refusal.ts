/** Why the kernel does not tell us of processes. Pure. */

/** Closed list. */
export const EVENT_REFUSALS = [
  'not-permitted',
  'no-acknowledgement',
  'other-pid-namespace',
  'other-user-namespace',
  'other-network-namespace',
  'kernel-too-old',
  'native-missing',
] as const
export type EventRefusal = (typeof EVENT_REFUSALS)[number]

const SENTENCES = {
  'not-permitted': 'It takes root or CAP_NET_ADMIN, and something keeps it from us.',
  'no-acknowledgement': 'The kernel did not answer.',
  'other-pid-namespace': 'We run in a pid namespace of our own, as in a container.',
  'other-user-namespace': 'We run in a user namespace of our own, as in a container without root.',
  'other-network-namespace': 'We run in a network namespace of our own.',
  'kernel-too-old': 'Plain users are told since Linux 6.6; older kernels tell root.',
  'native-missing': 'It takes the package koffi.',
} as const satisfies Record<EventRefusal, string>

export function refusalSentence(refusal: EventRefusal): string {
  return SENTENCES[refusal]
}

/** Where this process runs, as far as it can tell. */
export interface Surroundings {
  /** `pid:[inode]` and `user:[inode]` of this process (namespaces(7)); null where unknown. */
  readonly pidNamespace: string | null
  readonly userNamespace: string | null
  /** As uname(2) has it: `6.18.4-…`. */
  readonly kernelRelease: string
}

/** What went wrong: the name of an errno, or that nothing came back. */
export type Failure = { readonly errno: string } | 'silence'

/** Inodes of the initial namespaces, the same on every Linux since 3.8 (linux/proc_ns.h). */
const INITIAL_PID = 'pid:[4026531836]'
const INITIAL_USER = 'user:[4026531837]'

/** Since Linux 6.6 plain users may listen, before it took CAP_NET_ADMIN. */
const PLAIN_USERS_SINCE = [6, 6] as const

/**
 * The kernel answers nothing at all to a subscription from another pid or user namespace, and the connector has an end
 * in the initial network namespace only. Whoever is in several of them is told of the first that must be left.
 */
export function refusalOf(failure: Failure, at: Surroundings): EventRefusal {
  if (failure !== 'silence') {
    switch (failure.errno) {
      case 'ECONNREFUSED':
        return 'other-network-namespace'
      // Built without the connector, or not Linux's own kernel.
      case 'EPROTONOSUPPORT':
      case 'EAFNOSUPPORT':
      case 'ENOENT':
        return 'kernel-too-old'
      case 'EPERM':
      case 'EACCES':
        return (
          foreignNamespace(at) ?? (isOlder(at.kernelRelease) ? 'kernel-too-old' : 'not-permitted')
        )
      default:
        return 'no-acknowledgement'
    }
  }
  return foreignNamespace(at) ?? 'no-acknowledgement'
}

function foreignNamespace(at: Surroundings): EventRefusal | null {
  if (at.pidNamespace !== null && at.pidNamespace !== INITIAL_PID) return 'other-pid-namespace'
  if (at.userNamespace !== null && at.userNamespace !== INITIAL_USER) return 'other-user-namespace'
  return null
}

function isOlder(release: string): boolean {
  const match = /^(\d{1,4})\.(\d{1,4})/.exec(release)
  if (match === null) return false
  const [major, minor] = [Number(match[1]), Number(match[2])]
  const [since, sinceMinor] = PLAIN_USERS_SINCE
  return major < since || (major === since && minor < sinceMinor)
}
