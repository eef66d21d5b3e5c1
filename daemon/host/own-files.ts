/**
 * What the daemon is found by: `daemon.json`, its socket, its lock and its log. Somebody who clears the state folder, or
 * one file of it, would leave a daemon that runs and that no command finds.
 */
import { existsSync, lstatSync } from 'node:fs'
import type { DaemonFile } from '../../shared/contract/answers.ts'
import type { Clock } from '../ports.ts'
import { locateDaemon, writeDaemonFile } from './daemon-file.ts'
import type { LogFile } from './log.ts'

export interface OwnFilesDeps {
  /** State folder. */
  readonly folder: string
  readonly clock: Clock
  readonly file: DaemonFile
  readonly logFile: Pick<LogFile, 'log' | 'path' | 'reopen'>
  /** Takes the lock again where its file was removed; false when another daemon was faster. */
  readonly isOurs: () => boolean
  /** Makes the socket again; called only where it is gone. */
  readonly listen: () => void
  readonly asOwner: <T>(work: () => T) => T
}

export interface OwnFiles {
  /** Puts back what is missing, looked for every two seconds at most. Throws nothing. */
  look(): void
  /** Now: the folder is known to have been touched. Throws nothing. */
  putBack(): void
}

const LOOK_EVERY_MS = 2_000

export function createOwnFiles(deps: OwnFilesDeps): OwnFiles {
  const { folder, clock, file, logFile, isOurs, asOwner } = deps
  let lookAt = clock.monotonicMs() + LOOK_EVERY_MS
  let isFailing = false
  const mend = (): void => {
    // Otherwise the folder and all in it are the other daemon's.
    if (!isOurs()) return
    if (lstatSync(file.socket, { throwIfNoEntry: false }) === undefined) deps.listen()
    if (locateDaemon(folder)?.pid !== file.pid) writeDaemonFile(folder, file)
    if (!existsSync(logFile.path)) logFile.reopen()
  }
  const putBack = (): void => {
    lookAt = clock.monotonicMs() + LOOK_EVERY_MS
    try {
      asOwner(mend)
      isFailing = false
    } catch (error) {
      if (!isFailing) logFile.log.warn({ err: error }, 'files of the daemon cannot be put back')
      isFailing = true
    }
  }
  return {
    putBack,
    look() {
      if (clock.monotonicMs() >= lookAt) putBack()
    },
  }
}
