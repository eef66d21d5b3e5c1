/** How packages of npm are run. */
import { alone, hashOf, type Launcher, nameIn, type Place, type Tree } from './launcher.ts'
import { HOME, NODE } from './machine.ts'
import { type Program, packageOf } from './programs.ts'
import { joined, literal } from './words.ts'

type NpmProgram = Extract<Program, { kind: 'npm' }>

function npmLauncher(
  id: string,
  words: (program: NpmProgram) => readonly string[],
  start: (place: Place, program: NpmProgram, line: readonly string[], ...rest: Rest) => Tree,
): Launcher {
  return {
    id,
    line: (program) => (program.kind === 'npm' ? words(program) : null),
    start: (place, program, args, over) => {
      if (program.kind !== 'npm') throw new Error(`${id} runs packages of npm`)
      return start(place, program, [...words(program), ...args], args, over)
    },
  }
}

type Rest = [args: readonly string[], over: Parameters<Launcher['start']>[3]]

/** npm names itself after what it runs, without its own options, and starts the program by a shell. */
function npmTree(npmScript: string, call: (program: NpmProgram) => readonly string[]) {
  return (place: Place, program: NpmProgram, line: readonly string[], ...rest: Rest): Tree => {
    const { machine, parent, how } = place
    const [args, { title, installing }] = rest
    const top = machine.spawn(parent, ['node', npmScript, ...line.slice(1)], {
      ...how,
      executable: NODE,
      title: ['npm', 'exec', ...call(program), ...args].join(' '),
    })
    if (installing) {
      const shell = machine.spawn(top, ['sh', '-c', 'node install.js'])
      return { processes: [top, shell, machine.spawn(shell, ['node', 'install.js'])], server: null }
    }
    const cache = `${HOME}/.npm/_npx/${hashOf(program.name)}/node_modules`
    const bin = `${cache}/.bin/${program.bin}`
    machine.install(bin, `${cache}/${program.name}/dist/index.js`, packageOf(program))
    const shell = machine.spawn(top, [
      'sh',
      '-c',
      joined([program.bin, ...args].map(literal)).value,
    ])
    const server = machine.spawn(shell, ['node', bin, ...args], { title })
    return { processes: [top, shell, server], server }
  }
}

/** Runners that stay, with the program as their only child. */
function runnerTree(
  top: (line: readonly string[]) => readonly string[],
  image: string | null,
  path: (program: NpmProgram) => readonly [path: string, realPath: string],
  runtime: string,
) {
  return (place: Place, program: NpmProgram, line: readonly string[], ...rest: Rest): Tree => {
    const { machine, parent, how } = place
    const [args, { title, installing }] = rest
    const runner = machine.spawn(parent, top(line), {
      ...how,
      ...(image === null ? {} : { executable: image }),
    })
    if (installing) return { processes: [runner], server: null }
    const [bin, realPath] = path(program)
    machine.install(bin, realPath, packageOf(program))
    const server = machine.spawn(runner, ['node', bin, ...args], { executable: runtime, title })
    return { processes: [runner, server], server }
  }
}

const BUN = `${HOME}/.bun/bin/bun`
const bunPaths = ({ name, bin }: NpmProgram): readonly [string, string] => {
  const folder = `${HOME}/.bun/install/cache/.bunx-1000/${name}@latest/node_modules`
  return [`${folder}/.bin/${bin}`, `${folder}/${name}/dist/index.js`]
}
const dlxPaths =
  (root: string) =>
  ({ name }: NpmProgram): readonly [string, string] => {
    const path = `${root}/${hashOf(name)}/node_modules/${name}/dist/index.js`
    return [path, path]
  }

export const NPM_LAUNCHERS: readonly Launcher[] = [
  npmLauncher(
    'npx',
    ({ name }) => ['npx', '-y', name],
    npmTree('/usr/bin/npx', ({ name }) => [name]),
  ),
  npmLauncher(
    'npx@version',
    ({ name, version }) => ['/usr/bin/npx', `${name}@${version}`],
    npmTree('/usr/bin/npx', ({ name, version }) => [`${name}@${version}`]),
  ),
  npmLauncher(
    'npm exec',
    ({ name }) => ['npm', 'exec', '-y', '--', name],
    npmTree('/usr/bin/npm', ({ name }) => [name]),
  ),
  npmLauncher(
    'npx -p',
    ({ name, bin }) => ['npx', '-y', '-p', name, bin],
    npmTree('/usr/bin/npx', ({ bin }) => [bin]),
  ),
  npmLauncher(
    'bunx',
    ({ name }) => ['bunx', '-y', name],
    runnerTree((line) => line, `${BUN}x`, bunPaths, NODE),
  ),
  npmLauncher(
    'bunx --bun',
    ({ name }) => ['bunx', '--bun', name],
    runnerTree((line) => line, BUN, bunPaths, BUN),
  ),
  npmLauncher(
    'pnpm dlx',
    ({ name }) => ['pnpm', 'dlx', name],
    runnerTree(
      (line) => ['node', '/usr/local/bin/pnpm', ...line.slice(1)],
      NODE,
      dlxPaths(`${HOME}/.cache/pnpm/dlx`),
      NODE,
    ),
  ),
  npmLauncher(
    'yarn dlx',
    ({ name }) => ['yarn', 'dlx', name],
    runnerTree(
      (line) => ['node', '/usr/local/bin/yarn', ...line.slice(1)],
      NODE,
      dlxPaths('/tmp/xfs-4a1b'),
      NODE,
    ),
  ),
  alone(
    'deno',
    (program) => (program.kind === 'npm' ? ['deno', 'run', '-A', `npm:${program.name}`] : null),
    (program) => [['deno', 'run', '-A', `npm:${nameIn(program)}`], '/usr/local/bin/deno'],
  ),
]
