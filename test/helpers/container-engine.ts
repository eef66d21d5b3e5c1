/** What the tests want of an engine of containers, whichever it is, and what its images are made of. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Lab, PROJECT } from './lab.ts'
import type { LabProcess } from './lab-channel.ts'
import type { TempHome } from './temp-home.ts'

export interface ContainerEngine {
  /** Its command line program, as clients are configured with it. */
  readonly command: 'docker' | 'podman'
  /** What leads its own tools, and the daemon, to its socket: name and value of an environment variable. */
  readonly address: Readonly<Record<string, string>>
  /** What stands behind `run OPTIONS` to start the server of test/helpers/container-server.mjs. */
  readonly server: (image: string, ...words: readonly string[]) => string[]
  /** Runs it to its end; rejects when it fails. Answers its standard output. */
  run(...args: readonly string[]): Promise<string>
  /** Makes an image of Node.js and the server; another each time. */
  makeImage(name: string): Promise<void>
  /** Removes the containers, and ends the engine. */
  end(): Promise<void>
}

/** Words that start a program as this user; none for root. */
export const asUser = (uid: number | undefined): readonly string[] =>
  uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']

export interface Programs {
  /** Words of a command line each. */
  readonly start: (...words: readonly string[]) => Promise<LabProcess>
  /** Runs it to its end; rejects when it fails. Answers its standard output. */
  readonly finish: (...words: readonly string[]) => Promise<string>
}

/** Programs of the lab's root, with the home's environment and `more`. */
export function programsIn(
  lab: Lab,
  home: TempHome,
  more: ContainerEngine['address'] = {},
): Programs {
  const start: Programs['start'] = (...words) => {
    const [command = '', ...args] = words
    const env = { ...home.env, ...more }
    return lab.start(command, args, { env, cwd: home.path, privileged: true })
  }
  const finish: Programs['finish'] = async (...words) => {
    const running = await start(...words)
    const { code } = await running.exited(60_000)
    if (code !== 0) throw new Error(`${words.join(' ')}: ${running.stderr}`)
    return running.stdout
  }
  return { start, finish }
}

/** Where the server is in the images. */
const SERVER = '/srv/server.mjs'

export const serverWords: ContainerEngine['server'] = (image, ...words) => [
  image,
  'node',
  SERVER,
  ...words,
]

/** Node.js, the libraries that it needs, a shell, and the server. */
export function fillRoot(root: string): void {
  const node = realpathSync(process.execPath)
  const files = new Map([
    [node, 'usr/bin/node'],
    [realpathSync('/bin/sh'), 'bin/sh'],
    [join(PROJECT, 'test/helpers/container-server.mjs'), SERVER],
  ])
  for (const program of [node, '/bin/sh']) {
    const listed = execFileSync('ldd', [program], { encoding: 'utf8' })
    for (const [path] of listed.matchAll(/\/\S+/g)) files.set(path, path)
  }
  for (const [from, to] of files) {
    mkdirSync(dirname(join(root, to)), { recursive: true })
    cpSync(realpathSync(from), join(root, to))
  }
  mkdirSync(join(root, 'tmp'))
}

/** Commands of a shell that make an image of the folder $0; the variable N, which is $1, makes it another one. */
export const importing = (command: string): string =>
  `tar -C "$0" --owner=0 --group=0 -c . | ${command} import --change "ENV N=$1" - "$2"`

/**
 * Engines leave control groups behind (cgroups(7): folders of every hierarchy, or of the only one), all in one of this name.
 * Answers what removes those that are not there yet. One with a process in it is somebody's, and stays.
 */
export function newControlGroups(name: string): { remove(): void } {
  const before = new Set(controlGroups(name))
  return {
    remove: () => {
      for (const folder of controlGroups(name)) if (!before.has(folder)) removeIfEmpty(folder)
    },
  }
}

/** The innermost first. */
function controlGroups(name: string): string[] {
  const top = '/sys/fs/cgroup'
  const hierarchies = existsSync(top)
    ? [top, ...readdirSync(top).map((each) => join(top, each))]
    : []
  return hierarchies
    .map((hierarchy) => join(hierarchy, name))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => [folder, ...foldersBelow(folder)])
    .sort((one, other) => other.length - one.length)
}

function foldersBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? join(entry.parentPath, entry.name) : [],
  )
}

export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // in use, or gone by itself
  }
}
