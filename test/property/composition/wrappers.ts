/** What may stand before a command: in the configuration, or put there by the client itself. */
import { basename } from '../../../shared/text/basename.ts'
import type { Place, Tree } from './launcher.ts'
import { joined, literal, type Word } from './words.ts'

export interface Wrapper {
  readonly id: string
  /** The whole line with it, where it can stand before this one. */
  readonly around: (line: readonly Word[]) => readonly Word[] | null
  /** Its own process, if it has one, and what `inner` starts below it. `line` is with it, as it runs. */
  readonly start: (place: Place, line: readonly string[], inner: (place: Place) => Tree) => Tree
}

/** Executes what follows in its own place. */
function replacing(id: string, words: readonly string[], session = false): Wrapper {
  return {
    id,
    around: (line) => [...words.map(literal), ...line],
    start: (place, _, inner) =>
      inner(session ? { ...place, how: { ...place.how, session } } : place),
  }
}

/** Stays above what it starts. */
function staying(id: string, words: readonly string[], image?: string): Wrapper {
  return { id, around: (line) => [...words.map(literal), ...line], start: stay(image) }
}

function stay(image?: string, session = false): Wrapper['start'] {
  return ({ machine, parent, how }, line, inner) => {
    const top = machine.spawn(parent, line, {
      ...how,
      ...(image === undefined ? {} : { executable: image }),
      ...(session ? { session } : {}),
    })
    const { processes, server } = inner({ machine, parent: top, how: { ...how, session: false } })
    return { processes: [top, ...processes], server }
  }
}

function shell(id: string, words: readonly string[], start: Wrapper['start']): Wrapper {
  return { id, around: (line) => [...words.map(literal), joined(line)], start }
}

export const BARE: Wrapper = {
  id: 'nothing',
  around: (line) => line,
  start: (place, _, inner) => inner(place),
}

export const CONFIGURED: readonly Wrapper[] = [
  BARE,
  replacing('env', ['env', 'LOG=1']),
  replacing('/usr/bin/env -i', ['/usr/bin/env', 'A=b', 'C=d']),
  replacing('nice', ['nice', '-n', '5']),
  replacing('stdbuf', ['stdbuf', '-oL']),
  replacing('nohup', ['nohup']),
  replacing('setsid', ['setsid'], true),
  replacing('mise', ['mise', 'x', '--']),
  staying('timeout', ['timeout', '900']),
  staying('volta', ['volta', 'run'], '/home/ada/.volta/bin/volta'),
  shell('sh -c', ['sh', '-c'], stay('/usr/bin/dash')),
  shell('bash -lc', ['bash', '-lc'], (place, _, inner) => inner(place)),
]

/** The line of these is what the client was told to start. */
export const BY_CLIENT: readonly Wrapper[] = [
  BARE,
  staying('disclaimer', ['/Applications/Claude.app/Contents/Helpers/disclaimer', '--pgroup', '--']),
  shell('login shell', ['/usr/bin/zsh', '-c'], stay('/usr/bin/zsh', true)),
  {
    id: 'goose shim',
    around: ([command, ...rest]) =>
      command !== undefined && ['npx', 'uvx'].includes(basename(command.value))
        ? [
            literal('bash'),
            literal(`/usr/lib/goose-desktop/resources/bin/${command.value}`),
            ...rest,
          ]
        : null,
    start: stay('/usr/bin/bash'),
  },
]
