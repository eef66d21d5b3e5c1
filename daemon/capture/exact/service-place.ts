/** Where the capture service listens, and whether what listens there can be believed. */
import { lstatSync, realpathSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { McpWatchError } from '../../../shared/errors.ts'

const INSTALL = 'sudo mcp-watch service install --exact'
/** Accounts of the system, and those that systemd makes for DynamicUser= (systemd.io/UIDS-GIDS). */
const LAST_SYSTEM_UID = 999
const DYNAMIC_UIDS = { first: 61_184, last: 65_519 }

/**
 * Who owns the folder of the socket, to be compared with who answers. Throws NO_ENGINE where there is no socket, or
 * where somebody else than the system or user `uid` could have put it there.
 */
export function ownerOfService(path: string, uid: number): number {
  const folder = folderOf(path)
  for (let at = folder; ; at = dirname(at)) {
    const stat = statOf(at)
    if (!isBelieved(stat.uid, uid) || (isOpen(stat) && (at === folder || !isSticky(stat)))) {
      throw new McpWatchError(
        'NO_ENGINE',
        `the capture service at ${path} is not believed: others than the system can write ${at}`,
        { hint: 'see who owns it; "mcp-watch service status" shows where the service is' },
      )
    }
    if (at === dirname(at)) break
  }
  const { uid: owner } = statOf(folder)
  if (!statOf(path).isSocket()) throw noService(`what is at ${path} is not a socket`)
  return owner
}

/** Of the accounts that may offer the service to this user. */
export function isBelieved(owner: number, uid: number): boolean {
  const isDynamic = owner >= DYNAMIC_UIDS.first && owner <= DYNAMIC_UIDS.last
  return owner === uid || owner <= LAST_SYSTEM_UID || isDynamic
}

export function noService(message: string, cause?: unknown): McpWatchError {
  return new McpWatchError('NO_ENGINE', message, {
    hint: `"${INSTALL}" installs it`,
    ...(cause === undefined ? {} : { cause }),
  })
}

function folderOf(path: string): string {
  try {
    return realpathSync(dirname(path))
  } catch (cause) {
    throw noService('no capture service is installed, or it does not run', cause)
  }
}

function statOf(path: string): Stats {
  try {
    return lstatSync(path)
  } catch (cause) {
    throw noService('no capture service is installed, or it does not run', cause)
  }
}

const isOpen = ({ mode }: Stats): boolean => (mode & 0o022) !== 0
/** In such a folder only its owner can replace what belongs to somebody else. */
const isSticky = ({ mode }: Stats): boolean => (mode & 0o1000) !== 0
