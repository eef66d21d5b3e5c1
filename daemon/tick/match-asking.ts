/** Matching, with the system asked about servers that no client is above. */
import { type Glances, type MatchInput, type MatchOutput, matchServers } from '../match/match.ts'
import type { StdinPeers } from '../ports.ts'

/**
 * What the system newly tells is matched again at once, not at the next tick: until then a server would have had less
 * than its name, and that would have been judged and stored. Asked from within, matching would not be pure.
 */
export function matchAsking(
  peers: StdinPeers,
  input: Omit<MatchInput, 'stdinHolder'>,
  glances: Glances,
): MatchOutput {
  const match = (): MatchOutput =>
    matchServers({ ...input, stdinHolder: (process) => peers.holderOf(process) }, glances)
  const matched = match()
  const { unclaimed, clients } = matched.question
  return peers.ask(unclaimed, clients) ? match() : matched
}
