/** A home folder of a test's own: everything a program keeps goes below it, and it is removed at the end. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface TempHome {
  readonly path: string
  readonly stateFolder: string
  /** The whole environment for programs that run in this home; nothing of the tester's own but PATH. */
  readonly env: Readonly<Record<string, string>>
  join(...parts: string[]): string
  /** Writes a file, making its folders; answers its path. */
  write(relative: string, text: string): string
  remove(): void
}

/** Below the system's temporary folder and short, as a Unix socket's path has to fit in 100 bytes. */
export function tempHome(): TempHome {
  const path = mkdtempSync(join(tmpdir(), 'mcpw-'))
  const folders = {
    XDG_CONFIG_HOME: join(path, '.config'),
    XDG_STATE_HOME: join(path, '.local/state'),
    XDG_DATA_HOME: join(path, '.local/share'),
    XDG_CACHE_HOME: join(path, '.cache'),
    XDG_RUNTIME_DIR: join(path, 'run'),
    TMPDIR: join(path, 'tmp'),
  }
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    path,
    stateFolder: join(folders.XDG_STATE_HOME, 'mcp-watch'),
    env: {
      PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      HOME: path,
      ...folders,
    },
    join: (...parts) => join(path, ...parts),
    write: (relative, text) => {
      const file = join(path, relative)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
      return file
    },
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  }
}

/** Every regular file below a folder with its bytes; none when there is no such folder. Links are not followed. */
export function filesBelow(folder: string): { path: string; bytes: Buffer }[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path, bytes: readFileSync(path) }
    })
}
