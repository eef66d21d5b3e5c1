/** Clients whose configuration starts servers in containers, a lab with an engine, and the daemon that watches them. */
import { spawnSync } from 'node:child_process'
import { type ClientId, clientCommand, configure, type Entry } from './clients.ts'
import { asUser, type ContainerEngine } from './container-engine.ts'
import { prepareDocker } from './docker.ts'
import { type Lab, type LabOptions, startLab } from './lab.ts'
import type { LabProcess } from './lab-channel.ts'
import { preparePodman } from './podman.ts'
import { type TempHome, tempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'
import { startWatcher, type Watcher } from './watcher.ts'

export interface ContainerScene {
  readonly home: TempHome
  readonly lab: Lab
  readonly containers: ContainerEngine
  /** Starts the daemon, which is told of the engine's socket as the engine's own tools are. */
  watch(engine: string): Promise<Watcher>
  /** Writes the client's configuration and starts it; resolves when all its servers answered it. */
  open(client: ClientId, entries: Readonly<Record<string, Entry>>): Promise<OpenClient>
  end(): Promise<void>
}

export interface OpenClient {
  readonly process: LabProcess
  /** The pid that the client got from starting the entry: of the engine's command. */
  pidOf(name: string): number
}

/** `podman run -i OPTIONS IMAGE …` as people write it into a configuration. Root's Podman needs no service. */
export function containerEntry(
  { command, address }: ContainerEngine,
  options: readonly string[],
  server: readonly string[],
): Entry {
  const entry = { command, args: ['run', '-i', ...options, ...server] }
  return command === 'docker' ? { ...entry, env: address } : entry
}

export interface SceneOptions extends LabOptions {
  /** Left out: Podman. */
  readonly engine?: ContainerEngine['command']
  /** Whose the clients and the daemon are; the engine is root's. Left out: root's too. */
  readonly uid?: number
  /** The engine is that user's too. */
  readonly isRootless?: boolean
}

/** Two homes: the one of the user, and one in which the engine keeps what is its own. */
export async function openContainerScene(options: SceneOptions = {}): Promise<ContainerScene> {
  const { uid, isRootless = false, engine = 'podman' } = options
  const plain = tempHome()
  const own = isRootless ? plain : tempHome()
  const remove = (): void => {
    own.remove()
    plain.remove()
  }
  let lab: Lab | undefined
  try {
    lab = await startLab({ hasInit: options.sharesPids !== true, ...options })
    const socket = plain.join('run/engine.sock')
    const prepare = engine === 'docker' ? prepareDocker : preparePodman
    const containers = await prepare(lab, own, socket, isRootless ? uid : undefined)
    if (uid !== undefined) give(plain.path, uid)
    const home = { ...plain, env: { ...plain.env, ...containers.address } }
    return sceneOf({ home, lab, containers, remove, as: asUser(uid) })
  } catch (error) {
    await lab?.stop()
    remove()
    throw error
  }
}

function give(folder: string, uid: number): void {
  const { status, stderr } = spawnSync('chown', ['-R', `${uid}:${uid}`, folder])
  if (status !== 0) throw new Error(String(stderr))
}

interface SceneParts extends Pick<ContainerScene, 'home' | 'lab' | 'containers'> {
  readonly remove: () => void
  readonly as: readonly string[]
}

function sceneOf({ home, lab, containers, remove, as }: SceneParts): ContainerScene {
  return {
    home,
    lab,
    containers,
    watch: (engine) =>
      startWatcher(lab, home, { privileged: true, args: ['--engine', engine], as }),
    open: async (client, entries) => {
      configure(home, client, entries)
      const [program = '', ...args] = [...as, ...clientCommand(home, client)]
      const start = { env: home.env, cwd: home.path, privileged: true }
      return await answered(client, await lab.start(program, args, start))
    },
    end: async () => {
      try {
        await containers.end()
      } finally {
        await lab.stop()
        remove()
      }
    },
  }
}

async function answered(client: ClientId, running: LabProcess): Promise<OpenClient> {
  type Said = { name?: string; pid?: number; error?: string; all?: boolean }
  const said = (): Said[] =>
    running.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Said)
  await waitFor(() => said().some(({ all }) => all), {
    what: () => `${client} starts its servers (${running.stdout} ${running.stderr})`,
    deadlineMs: 60_000,
  })
  const failed = said().find(({ error }) => error !== undefined)
  if (failed !== undefined) throw new Error(`${failed.name}: ${failed.error}`)
  return {
    process: running,
    pidOf: (name) => {
      const pid = said().find((one) => one.name === name)?.pid
      if (pid === undefined) throw new Error(`${name} was not started`)
      return pid
    },
  }
}
