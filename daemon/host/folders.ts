/** Where mcp-watch keeps its files (the same rule on Linux and macOS) and how the state folder is made safe. */
import { chmodSync, existsSync, lstatSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'

export interface Folders {
  readonly home: string
  /** 0700: watch.db, lock.db, daemon.json, salt, log. */
  readonly state: string
  /** `$XDG_RUNTIME_DIR`, where there is one. */
  readonly runtime: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

/** XDG Base Directory rules: a variable that is not an absolute path is ignored. */
export function foldersOf(env: Environment, home: string): Folders {
  const state = absolute(env['XDG_STATE_HOME']) ?? join(home, '.local', 'state')
  return {
    home,
    state: join(state, 'mcp-watch'),
    runtime: absolute(env['XDG_RUNTIME_DIR']),
  }
}

function absolute(path: string | undefined): string | null {
  return path?.startsWith('/') ? path : null
}

/** Makes the state folder, readable by its owner alone; refuses one that is a link or belongs to somebody else. */
export function prepareStateFolder(folder: string, uid: number): void {
  try {
    makeFolder(folder)
    const stat = lstatSync(folder)
    if (!stat.isDirectory()) throw new Error('it is not a folder')
    if (stat.uid !== uid && uid !== 0) throw new Error(`it belongs to user ${stat.uid}`)
    if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700)
  } catch (cause) {
    throw new McpWatchError('STATE_FOLDER', `the state folder ${folder} cannot be used`, {
      hint: 'make it a folder of your own that you can write to, or set XDG_STATE_HOME',
      cause,
    })
  }
}

/**
 * One folder after the other. Node's own recursive mkdir tries for ever, deaf to signals, below a folder that is there
 * and yet answers mkdir(2) with ENOENT, as /proc does.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Somebody else was faster, or a link that leads nowhere is in its place: the caller looks at what is there.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
