/** Whether somebody else than root could change what a service with capabilities would run. */
import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'

export type Distrust =
  | { readonly kind: 'writable'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly path: string }
  | { readonly kind: 'missing'; readonly path: string }

export interface ProgramFiles {
  /** Of Node, absolute. */
  readonly node: string
  /** The script that is run, absolute. */
  readonly program: string
}

/** Folders that the unit does not see (ProtectHome=). */
const HIDDEN = ['/home', '/root', '/run/user']

/**
 * The first file or folder, of Node, of the program and its packages and of all folders above them, that another
 * user than root can write, or that the service's own user cannot read; null where there is none. A link counts as
 * what it leads to.
 */
export function distrustOf(files: ProgramFiles): Distrust | null {
  try {
    const node = realpathSync(files.node)
    const program = realpathSync(files.program)
    return (
      inFolders(dirname(node)) ??
      inFile(node) ??
      packageFolders(program).reduce<Distrust | null>(
        (found, folder) => found ?? inFolders(folder) ?? inTree(folder),
        null,
      )
    )
  } catch (error) {
    const { path } = error as NodeJS.ErrnoException
    return { kind: 'missing', path: path ?? files.program }
  }
}

/** The package (dist/cli/main.js is in it), and the folder of packages that it was installed into with others. */
function packageFolders(program: string): readonly string[] {
  const own = dirname(dirname(dirname(program)))
  const around = dirname(own)
  return basename(around) === 'node_modules' ? [around] : [own]
}

function inFolders(folder: string): Distrust | null {
  if (HIDDEN.some((hidden) => folder === hidden || folder.startsWith(`${hidden}/`))) {
    return { kind: 'unreadable', path: folder }
  }
  for (let at = folder; ; at = dirname(at)) {
    const found = judge(at, lstatSync(at))
    if (found !== null) return found
    if (at === dirname(at)) return null
  }
}

function inTree(folder: string): Distrust | null {
  for (const { name } of readdirSync(folder, { withFileTypes: true })) {
    // Kept apart from what is shipped, and never loaded.
    if (name === '.git' || name === '.cache' || name === '.vite-temp') continue
    const found = inFile(join(folder, name))
    if (found !== null) return found
  }
  return null
}

function inFile(path: string): Distrust | null {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return inLink(path)
  return judge(path, stat) ?? (stat.isDirectory() ? inTree(path) : null)
}

/** Links are few (`.bin`), and lead into what is looked at anyway, or to a single program. */
function inLink(path: string): Distrust | null {
  const target = realpathSync(path)
  return inFolders(dirname(target)) ?? judge(target, lstatSync(target))
}

function judge(path: string, stat: Stats): Distrust | null {
  const { uid, gid, mode } = stat
  const isGroupRoots = gid === 0
  const isOpen = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !isGroupRoots)
  if (uid !== 0 || isOpen) return { kind: 'writable', path }
  const wanted = stat.isDirectory() ? 0o005 : 0o004
  return (mode & wanted) === wanted ? null : { kind: 'unreadable', path }
}

/** In a sentence, with what to do. */
export function distrustError({ kind, path }: Distrust): McpWatchError {
  const hint =
    'have mcp-watch and Node where only root can write and everybody can read, as below /usr/local or /opt, and install the service with those'
  switch (kind) {
    case 'writable':
      return new McpWatchError(
        'SERVICE_MANAGER',
        `others than root can write ${path}: what they put there would run with the capabilities of the service`,
        { hint },
      )
    case 'unreadable':
      return new McpWatchError(
        'SERVICE_MANAGER',
        `the service has a user of its own, who cannot read ${path}`,
        { hint },
      )
    case 'missing':
      return new McpWatchError('SERVICE_MANAGER', `${path} cannot be looked at`, { hint })
  }
}
