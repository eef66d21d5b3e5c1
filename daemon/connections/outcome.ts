/** How an attempt ended: as the engine knows it, else as the socket's state tells. */
import type { SocketRow } from '../../shared/model/observation.ts'
import type { Outcome } from '../../shared/model/outcome.ts'

export function outcomeOf({ outcome, protocol, state }: SocketRow): Outcome {
  if (outcome !== undefined && outcome !== 'unknown') return outcome
  if (protocol === 'udp') return 'addressed'
  switch (state) {
    case 'established':
    case 'connected':
      return 'established'
    case 'closing':
    case 'time-wait':
      return outcome ?? 'established'
    case 'listen':
    case 'syn-sent':
    case 'syn-received':
    case 'unconnected':
      return 'unknown'
  }
}

/** What was reached once stays so, and a look that tells less takes nothing back: not every engine sees the same. */
export function withOutcome(known: Outcome, now: Outcome): Outcome {
  if (now === 'unknown' || known === 'established') return known
  return now === 'addressed' && known !== 'unknown' ? known : now
}
