/** Processes that have to do with an entry in words only: they are nobody's, wherever they run. */
import type { Process } from '../../../shared/model/process.ts'
import { basename } from '../../../shared/text/basename.ts'
import { type Entry, lineOf } from './entries.ts'
import { HOME, type Machine, NODE, PYTHON, type Spawning } from './machine.ts'
import { joined } from './words.ts'

const LONG_OPTION = `--cache=/${'x'.repeat(2000)}`

export interface Noise {
  readonly id: string
  readonly start: (machine: Machine, parent: Process, entry: Entry, how: Spawning) => Process
}

/** A program with arguments that hold the entry's words. */
function reading(id: string, line: (entry: Entry) => readonly string[]): Noise {
  return { id, start: (machine, parent, entry, how) => machine.spawn(parent, line(entry), how) }
}

/**
 * npm names itself after what it does. It has an option here, which its title leaves out, that makes it longer than any
 * entry: of the same size nothing would tell it from that (docs/attribution.md, "What cannot be told").
 */
function npm(id: string, words: readonly string[]): Noise {
  return {
    id,
    start: (machine, parent, entry, how) => {
      const line = ['npm', ...words, nameOf(entry)]
      const title = line.join(' ')
      return machine.spawn(parent, ['node', '/usr/bin/npm', LONG_OPTION, ...line.slice(1)], {
        ...how,
        executable: NODE,
        title,
      })
    },
  }
}

function script(id: string, words: (entry: Entry) => readonly string[], image = NODE): Noise {
  return {
    id,
    start: (machine, parent, entry, how) => {
      const [command = '', path = '', ...args] = words(entry)
      machine.install(path, path, null)
      return machine.spawn(parent, [command, path, ...args], { ...how, executable: image })
    },
  }
}

/** What the program is called: its package, module or file. */
function nameOf({ program }: Entry): string {
  switch (program.kind) {
    case 'npm':
    case 'pypi':
      return program.name
    case 'module':
      return program.module
    case 'script':
    case 'binary':
      return program.path
  }
}

function valuesOf(entry: Entry): readonly string[] {
  return lineOf(entry).map(({ value }) => value)
}

function textOf(entry: Entry): string {
  return joined(lineOf(entry)).value
}

const config = ({ client }: Entry): string => `${HOME}/.${client.id}.json`

export const NOISE: readonly Noise[] = [
  reading('editor', (entry) => ['vim', config(entry)]),
  reading('pager', (entry) => ['less', '+/mcpServers', config(entry)]),
  reading('grep', (entry) => ['grep', '-rn', nameOf(entry), '.']),
  reading('grep of the line', (entry) => ['rg', '--', ...valuesOf(entry)]),
  reading('pgrep', (entry) => ['pgrep', '-af', textOf(entry)]),
  reading('watch', (entry) => ['watch', '-n', '5', `pgrep -f '${nameOf(entry)}'`]),
  reading('tail of the script', (entry) => ['tail', '-f', nameOf(entry)]),
  reading('ssh', (entry) => ['ssh', 'build', ...valuesOf(entry)]),
  reading('tmux', (entry) => ['tmux', 'new-session', '-d', textOf(entry)]),
  reading('git', (entry) => ['git', 'commit', '-m', textOf(entry)]),
  reading('browser', (entry) => ['/opt/chrome/chrome', '--type=renderer', nameOf(entry)]),
  reading('docker', (entry) => ['docker', 'logs', '-f', basename(nameOf(entry))]),
  reading('loop', (entry) => [
    'bash',
    '-c',
    `while true; do pgrep -f '${nameOf(entry)}' || echo gone; sleep 5; done`,
  ]),
  reading('echo', (entry) => ['sh', '-c', `echo ${textOf(entry)} | tee -a log`]),
  reading('crontab', (entry) => ['sh', '-c', `pkill -f ${nameOf(entry)} && true`]),
  reading('pip', (entry) => ['pip', 'install', nameOf(entry)]),
  reading('uv pip', (entry) => ['/usr/bin/uv', 'pip', 'install', nameOf(entry)]),
  reading('uv tool', (entry) => ['/usr/bin/uv', 'tool', 'install', nameOf(entry)]),
  npm('npm view', ['view']),
  npm('npm install', ['install']),
  npm('npm ls', ['ls']),
  npm('npm exec of another', ['exec', '@acme/other']),
  script('script of that name elsewhere', (entry) => [
    'node',
    `/srv/web/${basename(nameOf(entry)).replace(/\.\w+$/, '')}.js`,
    ...entry.args.map(({ value }) => value),
  ]),
  script(
    'Python script of that name elsewhere',
    (entry) => ['python3', `/srv/web/${basename(nameOf(entry)).replace(/\.\w+$/, '')}.py`],
    PYTHON,
  ),
  script('language server', () => ['node', '/usr/lib/node_modules/tsls/lib/cli.mjs', '--stdio']),
  {
    // of just the size of an entry's command line, nothing would tell it from that
    id: 'helper with a title of its own',
    start: (machine, parent, _, how) =>
      machine.spawn(parent, ['node', '/usr/lib/lsp.mjs', `--log=/${'x'.repeat(2000)}`], {
        ...how,
        executable: NODE,
        title: 'language-server',
      }),
  },
  script('linter of the script', (entry) => ['node', '/usr/bin/eslint', nameOf(entry)]),
  script('test of the script', (entry) => ['node', '/usr/bin/vitest', 'run', nameOf(entry)]),
]

/**
 * Says that it is npm running the entry's package; npm with these arguments would need more room for them. Longer than
 * any command line: of the same size as another entry's, nothing would tell it from that.
 */
export const FORGED: Noise = {
  id: 'forged title',
  start: (machine, parent, entry, how) => {
    const told = [nameOf(entry), ...entry.args.map(({ value }) => value), 'y'.repeat(2000)]
    const title = ['npm', 'exec', ...told].join(' ')
    const line = ['node', 'x'.repeat(title.length - 'node '.length)]
    return machine.spawn(parent, line, { ...how, executable: NODE, title })
  },
}
