/** How an attempt to reach somebody ended, where the engine knows it. */
export const OUTCOMES = [
  'established',
  'refused',
  'timed-out',
  'abandoned',
  'no-route',
  'addressed',
  'unknown',
] as const

/**
 * - `established`: TCP that was connected; UDP that was seen sending.
 * - `refused`: answered by a reset, or by an ICMP error.
 * - `timed-out`: nobody answered until the kernel gave up.
 * - `abandoned`: closed by the program while it waited for an answer.
 * - `no-route`: the kernel sent nothing.
 * - `addressed`: a connected UDP socket of which no datagram was seen.
 */
export type Outcome = (typeof OUTCOMES)[number]

/** Whether it is known that nothing came of it. */
export function isFailed(outcome: Outcome): boolean {
  switch (outcome) {
    case 'refused':
    case 'timed-out':
    case 'abandoned':
    case 'no-route':
      return true
    case 'established':
    case 'addressed':
    case 'unknown':
      return false
  }
}
