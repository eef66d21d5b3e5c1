/** Configured entries, read as the discoverer reads them. */
import fc from 'fast-check'
import { draftLaunch } from '../../../daemon/discover/launch.ts'
import type { ClientRow } from '../../../shared/clients/row.ts'
import { serverId } from '../../../shared/model/ids.ts'
import type { Server } from '../../../shared/model/server.ts'
import type { Launcher, Place, Tree } from './launcher.ts'
import { LAUNCHERS } from './launchers.ts'
import { type Disk, HOME } from './machine.ts'
import { type Program, program } from './programs.ts'
import { type Argument, argument, literal, type Word, wordOf } from './words.ts'
import { CONFIGURED, type Wrapper } from './wrappers.ts'

export interface Entry {
  readonly client: ClientRow
  readonly name: string
  readonly program: Program
  readonly launcher: Launcher
  readonly wrapper: Wrapper
  readonly args: readonly Word[]
  /** What the server calls itself. */
  readonly title: string | null
}

/** What an entry is made of before it is known which client it is for. */
export interface Making {
  readonly program: Program
  readonly launcher: number
  readonly wrapper: number
  readonly args: readonly Argument[]
  readonly title: string | null
}

export const making: fc.Arbitrary<Making> = fc.record({
  program,
  launcher: fc.nat(20),
  wrapper: fc.oneof(
    { weight: 2, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.nat(CONFIGURED.length - 1) },
  ),
  args: fc.array(argument, { maxLength: 3 }),
  title: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom('server', 'mcp-notes', 'claude', 'npm exec other') },
  ),
})

/**
 * The `number` makes the arguments of what hides them longer than those of any other: of the same size nothing tells two
 * apart, see "What cannot be told" in docs/attribution.md.
 */
export function makeEntry(made: Making, client: ClientRow, name: string, number: number): Entry {
  const fitting = LAUNCHERS.filter(({ line }) => line(made.program) !== null)
  const launcher = fitting[made.launcher % fitting.length]
  const wrapper = CONFIGURED[made.wrapper]
  if (launcher === undefined || wrapper === undefined) throw new Error('nothing starts it')
  const { program: runs, title } = made
  const args = made.args.map((each) => wordOf(each, client.expansion))
  if (title !== null) args.push(literal(`--log=/${'x'.repeat(200 + 250 * number)}`))
  return { client, name, program: runs, launcher, wrapper, args, title }
}

/** The configured command line. */
export function lineOf({ program: runs, launcher, wrapper, args }: Entry): readonly Word[] {
  const line = [...(launcher.line(runs) ?? []).map(literal), ...args]
  return wrapper.around(line) ?? line
}

export function serverOf(entry: Entry, disk: Disk, digest: (text: string) => string): Server {
  const { client, name } = entry
  const [command = '', ...args] = lineOf(entry).map(({ written }) => written)
  const source = `${HOME}/.${client.id}.json`
  const { launch, scriptPaths } = draftLaunch(
    { transport: 'stdio', command, oneWord: false, args, cwd: null, url: '', disabled: false },
    {
      home: HOME,
      projectDir: null,
      pluginDir: null,
      expansion: client.expansion,
      digest,
      isFile: (path) => disk.has(path),
    },
  )
  const path = scriptPaths.find((each) => disk.has(each))
  const found = path === undefined ? undefined : disk.get(path)
  const script = path === undefined || found === undefined ? null : { path, ...found }
  return {
    id: serverId(client.id, source, 'user', name),
    client: client.id,
    name,
    source,
    scope: 'user',
    transport: 'stdio',
    launch: { ...launch, script },
    endpoint: null,
    disabled: false,
  }
}

export interface Start {
  readonly installing: boolean
  /** What the client puts in front. */
  readonly helper: Wrapper
}

export function startEntry(entry: Entry, place: Place, start: Start): Tree {
  const { program: runs, launcher, wrapper, args, title } = entry
  const { installing } = start
  const values = args.map(({ value }) => value)
  const line = lineOf(entry)
  const configured = line.map(({ value }) => value)
  const helped = start.helper.around(line)
  const inner = (at: Place): Tree =>
    wrapper.start(at, configured, (below) =>
      launcher.start(below, runs, values, { title, installing }),
    )
  if (helped === null) return inner(place)
  return start.helper.start(
    place,
    helped.map(({ value }) => value),
    inner,
  )
}

/** Whether what `entry` runs can be told from what `other` declares: not where program and arguments fit as well. */
export function couldBe(entry: Entry, other: Entry): boolean {
  return (
    isSameProgram(entry, other) &&
    entry.args.length === other.args.length &&
    entry.args.every(({ value }, index) => {
      const word = other.args[index]
      return word !== undefined && (word.written !== word.value || word.value === value)
    })
  )
}

/** A version counts only where both name one. */
function isSameProgram(one: Entry, other: Entry): boolean {
  const isPinned = [one, other].every(({ launcher }) => launcher.id === 'npx@version')
  const [a, b] = [one, other].map(({ program: runs }) =>
    JSON.stringify(isPinned || !('version' in runs) ? runs : { ...runs, version: '' }),
  )
  return a === b
}
