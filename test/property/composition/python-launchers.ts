/** How packages, modules and scripts of Python are run by its tools. */
import type { Process } from '../../../shared/model/process.ts'
import { basename } from '../../../shared/text/basename.ts'
import { alone, folderOf, hashOf, type Launcher, nameIn, pathIn } from './launcher.ts'
import { HOME, type Machine, PYTHON, type Spawning } from './machine.ts'
import { type Program, packageOf } from './programs.ts'

type PyProgram = Extract<Program, { kind: 'pypi' }>

const ARCHIVE = `${HOME}/.cache/uv/archive-v0`

function uvx(id: string, words: (program: PyProgram) => readonly string[]): Launcher {
  return {
    id,
    line: (program) => (program.kind === 'pypi' ? words(program) : null),
    start: ({ machine, parent, how }, program, args, { title, installing }) => {
      if (program.kind !== 'pypi') throw new Error(`${id} runs packages of Python`)
      const line = ['/usr/bin/uv', 'tool', 'uvx', ...words(program).slice(1), ...args]
      const top = machine.spawn(parent, line, how)
      if (installing) return { processes: [top], server: null }
      const server = pythonCommand(
        machine,
        top,
        program,
        `${ARCHIVE}/${hashOf(program.name)}/bin`,
        args,
        { title },
      )
      return { processes: [top, server], server }
    },
  }
}

function pythonCommand(
  machine: Machine,
  parent: Process,
  program: PyProgram,
  folder: string,
  args: readonly string[],
  how: Spawning,
): Process {
  const path = `${folder}/${program.bin}`
  machine.install(path, path, program.bin === program.name ? packageOf(program) : null)
  return machine.spawn(parent, [`${folder}/python`, path, ...args], { ...how, executable: PYTHON })
}

export const PYTHON_LAUNCHERS: readonly Launcher[] = [
  uvx('uvx', ({ name }) => ['uvx', name]),
  uvx('uvx --from', ({ name, bin }) => ['uvx', '--from', name, bin]),
  {
    id: 'pipx run',
    line: (program) =>
      program.kind === 'pypi' ? ['pipx', 'run', '--spec', program.name, program.bin] : null,
    start: ({ machine, parent, how }, program, args, { title }) => {
      if (program.kind !== 'pypi') throw new Error('pipx runs packages of Python')
      const folder = `${HOME}/.local/pipx/.cache/${hashOf(program.name)}/bin`
      const server = pythonCommand(machine, parent, program, folder, args, { ...how, title })
      return { processes: [server], server }
    },
  },
  {
    id: 'uv run',
    line: (program) =>
      program.kind === 'script' && program.language === 'python'
        ? ['uv', 'run', '--directory', folderOf(program.path), basename(program.path)]
        : null,
    start: ({ machine, parent, how }, program, args, { title }) => {
      const path = pathIn(program)
      const folder = folderOf(path)
      const name = basename(path)
      const line = ['/usr/bin/uv', 'run', '--directory', folder, name, ...args]
      const top = machine.spawn(parent, line, how)
      const server = machine.spawn(top, [`${folder}/.venv/bin/python3`, name, ...args], {
        executable: PYTHON,
        cwd: folder,
        title,
      })
      return { processes: [top, server], server }
    },
  },
  alone(
    'python -m',
    (program) => (program.kind === 'module' ? ['python3', '-m', program.module] : null),
    (program) => [['python3', '-m', nameIn(program)], PYTHON],
  ),
]
