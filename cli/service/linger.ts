/** Whether a user's service goes on while the user is not logged in: loginctl(1). */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceFacts } from './facts.ts'

/** Where logind keeps it, an empty file a user (`linger_users` of its sources; readable by all). */
const LINGER_FOLDER = '/var/lib/systemd/linger'

/** Null where it does not matter: launchd, and the system's own manager. */
export function lingers(
  { platform, scope, user }: Pick<ServiceFacts, 'platform' | 'scope' | 'user'>,
  folder: string = LINGER_FOLDER,
): boolean | null {
  if (platform !== 'linux' || scope !== 'user') return null
  return !user.name.includes('/') && existsSync(join(folder, user.name))
}
