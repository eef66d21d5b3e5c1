/** All ways in which a program is started. */
import { basename } from '../../../shared/text/basename.ts'
import { alone, hashOf, type Launcher, pathIn } from './launcher.ts'
import { HOME, NODE, PYTHON } from './machine.ts'
import { NPM_LAUNCHERS } from './npm-launchers.ts'
import { PYTHON_LAUNCHERS } from './python-launchers.ts'

const BUN = `${HOME}/.bun/bin/bun`

const DIRECT_LAUNCHERS: readonly Launcher[] = [
  alone(
    'interpreter',
    (program) =>
      program.kind === 'script'
        ? [program.language === 'node' ? 'node' : 'python3', program.path]
        : null,
    (program) => {
      const isNode = program.kind === 'script' && program.language === 'node'
      return [[isNode ? 'node' : 'python3', pathIn(program)], isNode ? NODE : PYTHON]
    },
  ),
  alone(
    'bun script',
    (program) =>
      program.kind === 'script' && program.language === 'node' ? ['bun', program.path] : null,
    (program) => [['bun', pathIn(program)], BUN],
  ),
  alone(
    'binary',
    (program) =>
      program.kind === 'binary' ? [program.bare ? basename(program.path) : program.path] : null,
    (program) => {
      const isBare = program.kind === 'binary' && program.bare
      return [[isBare ? basename(pathIn(program)) : pathIn(program)], pathIn(program)]
    },
  ),
  alone(
    'nix wrapper',
    (program) => (program.kind === 'binary' ? [nixPath(program.path, '')] : null),
    (program) => [[nixPath(pathIn(program), '')], nixPath(pathIn(program), 'wrapped')],
  ),
]

export const LAUNCHERS: readonly Launcher[] = [
  ...NPM_LAUNCHERS,
  ...PYTHON_LAUNCHERS,
  ...DIRECT_LAUNCHERS,
]

function nixPath(path: string, form: string): string {
  const name = basename(path)
  const folder = `/nix/store/${hashOf(path)}-${name}-1.2.0/bin`
  return form === '' ? `${folder}/${name}` : `${folder}/.${name}-${form}`
}
