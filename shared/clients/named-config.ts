/** Configuration files that running clients were told of on their command line. Pure. */
import type { Process } from '../model/process.ts'
import { formatOf } from './build.ts'
import type { ClientRow, ConfigOption, ProjectFile } from './row.ts'
import { CLIENTS } from './table.ts'

export interface NamedConfig {
  readonly client: ClientRow
  /** Absolute; the file need not exist. */
  readonly path: string
  /** The folder the client works in, or null. */
  readonly folder: string | null
  /** What the option that names it says of its form. */
  readonly file: ProjectFile
  /** The folder of the plugin that it came with, or null. */
  readonly pluginDir: string | null
}

/** Nobody names more; a hostile command line may. */
const MAX_NAMED = 16
const MAX_PATH = 4096

/**
 * Only of command lines that are as they were given: in a joined or rewritten one a path has lost its ends. An option
 * takes the words up to the next option, for `claude --mcp-config a.json b.json` does. Configuration given as text right
 * there is passed over: it may hold secrets, and is no file.
 */
export function namedConfigs(
  running: readonly { readonly id: string; readonly process: Process }[],
  clients: readonly ClientRow[] = CLIENTS,
): readonly NamedConfig[] {
  return running.flatMap(({ id, process }) => {
    const client = clients.find((row) => row.id === id)
    const { argv, argvForm, cwd } = process
    if (client?.configOptions === undefined || argvForm !== 'given') return []
    return valuesOf(argv.slice(1), client.configOptions)
      .flatMap(({ option, value }) =>
        pathOf(value, cwd).flatMap((path) => filesOf(option, path, client, cwd)),
      )
      .slice(0, MAX_NAMED)
  })
}

interface Value {
  readonly option: ConfigOption
  readonly value: string
}

function valuesOf(words: readonly string[], options: readonly ConfigOption[]): Value[] {
  const values: Value[] = []
  let taking: ConfigOption | undefined
  for (const word of words) {
    if (word.startsWith('-')) {
      const [name = '', ...rest] = word.split('=')
      const option = options.find((known) => known.option === name)
      taking = rest.length === 0 ? option : undefined
      if (option !== undefined && rest.length > 0) values.push({ option, value: rest.join('=') })
    } else if (taking !== undefined) values.push({ option: taking, value: word })
  }
  return values
}

function filesOf(
  { files, isPlugin }: ConfigOption,
  named: string,
  client: ClientRow,
  folder: string | null,
): NamedConfig[] {
  const pluginDir = isPlugin === true ? named : null
  return files.map((file) =>
    file.path === ''
      ? { client, path: named, folder, pluginDir, file: { ...file, format: formatOf(named) } }
      : { client, path: `${named}/${file.path}`, folder, pluginDir, file },
  )
}

/** `@` before a path tells it from text, to the clients that ask for it. */
function pathOf(value: string, folder: string | null): string[] {
  const path = value.replace(/^@/, '')
  if (path === '' || path.length > MAX_PATH || /^\s*[{[]|[\0\n]/.test(path)) return []
  if (path.startsWith('/')) return [path]
  return folder === null ? [] : [`${folder}/${path.replace(/^(?:\.\/)+/, '')}`]
}
