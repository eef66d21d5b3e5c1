/** To be awaited by each command that changes the policy, before it does. */
import { McpWatchError } from '../shared/errors.ts'
import { createApiClient } from './api-client.ts'
import type { Io } from './io.ts'

/** Throws DECISION_REFUSED where this process descends from a watched server. */
export async function mayDecide(io: Io): Promise<void> {
  const entry = await io.entry()
  const daemon = entry.locateDaemon()
  const known = daemon === null ? null : await createApiClient(daemon.socket).status().catch(absent)
  await entry.refuseDecisionBelowServer(known)
}

/** A daemon that does not answer must not keep its user from deciding. */
function absent(error: unknown): null {
  if (error instanceof McpWatchError) return null
  throw error
}
