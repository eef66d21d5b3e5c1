/** What a launcher is: the command line that is configured, and the processes that come of it. */
import type { Process } from '../../../shared/model/process.ts'
import type { Machine, Spawning } from './machine.ts'
import type { Program } from './programs.ts'

/** Where the processes of a start begin; `how` is for each of them. */
export interface Place {
  readonly machine: Machine
  readonly parent: Process
  readonly how: Spawning
}

/** All processes of a start, parents first; `server` is null where it is not to be told yet. */
export interface Tree {
  readonly processes: readonly Process[]
  readonly server: Process | null
}

export interface Launcher {
  readonly id: string
  /** Command and first words, to which the program's arguments are added. */
  readonly line: (program: Program) => readonly string[] | null
  /** `title`: what the server calls itself. `installing`: the server is not there yet. */
  readonly start: (
    place: Place,
    program: Program,
    args: readonly string[],
    over: { readonly title: string | null; readonly installing: boolean },
  ) => Tree
}

/** One process, executed in place of whatever stood there before. */
export function alone(
  id: string,
  line: Launcher['line'],
  argv: (program: Program) => readonly [argv: readonly string[], image: string, cwd?: string],
): Launcher {
  return {
    id,
    line,
    start: ({ machine, parent, how }, program, args, { title }) => {
      const [words, executable, cwd] = argv(program)
      const folder = cwd === undefined ? {} : { cwd }
      const server = machine.spawn(parent, [...words, ...args], {
        ...how,
        ...folder,
        executable,
        title,
      })
      return { processes: [server], server }
    },
  }
}

export function pathIn(program: Program): string {
  return program.kind === 'script' || program.kind === 'binary' ? program.path : ''
}

export function nameIn(program: Program): string {
  if (program.kind === 'module') return program.module
  return program.kind === 'npm' || program.kind === 'pypi' ? program.name : ''
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

export function hashOf(text: string): string {
  let sum = 7
  for (const char of text) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 0xffffffff
  return sum.toString(16).padStart(8, '0')
}
