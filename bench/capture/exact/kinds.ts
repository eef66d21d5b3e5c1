/** The kinds of connection that exact capture is held to; each is a kind of ../exact.c. */

export interface Kind {
  /** Of the workload, and of its server. */
  readonly name: string
  readonly count: number
  /** Its stamp is taken right before the call: the time from there to the record says something. */
  readonly isTimed: boolean
  /** Nothing is to be seen of it. */
  readonly isSilent?: true
  /** Base name of the program that connects, where it is not the workload itself. */
  readonly executable?: RegExp
}

const USUAL = 100
/** Of programs that take long to start. */
const FEW = 20

/** `held` is what looking now and then sees as well. */
const NAMES = [
  'held',
  'tcp-1ms',
  'tcp-at-once',
  'fork',
  'double-fork',
  'refused',
  'nonblocking',
  'abort',
  'udp-sendto',
  'udp-connected',
  'udp-sendmsg',
  'udp-sendmmsg',
  'tcp-ipv6',
  'udp-ipv6',
  'tcp-mapped',
  'udp-mapped',
  'other-netns',
  'io-uring',
  'fast-open',
  'int80-connect',
  'int80-sendto',
  'mptcp',
  'thread',
] as const

/** `most` of each. */
export function kindsOf(most: number): readonly Kind[] {
  const usual = NAMES.map((name) => ({ name, count: Math.min(USUAL, most), isTimed: true }))
  const few = Math.min(FEW, most)
  return [
    ...usual,
    { name: 'curl', count: few, isTimed: false, executable: /\/curl$/ },
    { name: 'python', count: few, isTimed: false, executable: /\/python[\d.]*$/ },
    { name: 'getaddrinfo', count: Math.min(FEW, most), isTimed: false, isSilent: true },
  ]
}

/** Where the attempts go, and from which port on. */
export interface Aim {
  /** First two bytes of the addresses of IPv4. */
  readonly four: string
  readonly six: string
  readonly port: number
}

/** Loopback: nothing has to be set up. */
export const ON_LOOPBACK: Aim = { four: '127.77', six: '::1', port: 7_811 }
/** Addresses for benchmarks (RFC 2544), for a network namespace where they lead back to itself. */
export const IN_PRIVATE: Aim = { four: '198.18', six: '::1', port: 7_811 }

/** The words that start the server of a kind; one attempt each `pauseMs`. */
export function serverWords(
  program: string,
  { name, count }: Pick<Kind, 'name' | 'count'>,
  { four, six, port }: Aim,
  pauseMs: number,
): readonly string[] {
  return serverOf(program, name, { kind: name, count, pauseMs, four, six, port })
}

export function serverOf(
  program: string,
  server: string,
  plan: Aim & { readonly kind: string; readonly count: number; readonly pauseMs: number },
): readonly string[] {
  const { kind, count, pauseMs, four, six, port } = plan
  const numbers = [count, Math.round(pauseMs * 1_000)].map(String)
  return [program, 'exact', server, kind, ...numbers, four, six, String(port)]
}
