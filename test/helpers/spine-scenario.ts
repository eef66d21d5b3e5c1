/**
 * The whole scene: a home where three clients declare well-behaved servers, misbehaving copies of one of them, and some
 * that only look suspicious. A key is planted wherever a configuration can hold a secret.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type ClientId, configure, type RunningClient, startClient } from './clients.ts'
import { type Lab, PROJECT, startLab } from './lab.ts'
import { nodeNamed, prepareRogue, type Rogue } from './rogue.ts'
import { filesBelow, type TempHome, tempHome } from './temp-home.ts'

export interface Scene {
  readonly home: TempHome
  readonly lab: Lab
  readonly planted: string
  /** Connects wherever it is told to. */
  readonly rogue: Rogue
  /** Connects as well, and has called itself `npm exec …` from its first line on. */
  readonly retitled: Rogue
  /** Its program may be executed and not read, so its descriptors are hidden from a plain user. */
  readonly sealed: Rogue
  /** Is told to resolve names only. */
  readonly resolver: Rogue
  startClients(): Promise<readonly RunningClient[]>
  end(): Promise<void>
}

const memory = join(PROJECT, 'node_modules/@modelcontextprotocol/server-memory/dist/index.js')
const everything = join(
  PROJECT,
  'node_modules/@modelcontextprotocol/server-everything/dist/index.js',
)

export async function prepareScene(): Promise<Scene> {
  const home = tempHome()
  const lab = await startLab().catch((error: unknown) => {
    home.remove()
    throw error
  })
  const { registry } = lab.outside
  home.write('.npmrc', npmrc(`http://${registry.host}:${registry.port}/`))
  const planted = `planted-${randomBytes(12).toString('hex')}`
  // `npx --no` finds its package in the folder that the client works in.
  mkdirSync(home.join('work'))
  symlinkSync(join(PROJECT, 'node_modules'), home.join('work/node_modules'))
  const rogues = {
    rogue: prepareRogue(home, 'rogue'),
    retitled: prepareRogue(home, 'retitled', {
      title: `npm exec @modelcontextprotocol/server-filesystem /tmp/x ${planted}`,
    }),
    sealed: prepareRogue(home, 'sealed'),
    resolver: prepareRogue(home, 'resolver'),
  }
  declareServers(home, rogues, planted)
  return {
    home,
    lab,
    planted,
    ...rogues,
    startClients: () => startClients(home, lab),
    end: async () => {
      await lab.stop()
      home.remove()
    },
  }
}

/** The servers that more than one client declares are the same to the letter: only the client tells them apart. */
function declareServers(
  home: TempHome,
  rogues: Pick<Scene, 'rogue' | 'retitled' | 'sealed' | 'resolver'>,
  planted: string,
): void {
  for (const folder of ['one', 'two', 'three']) mkdirSync(home.join(folder))
  const sameMemory = { command: 'node', args: [memory], env: { API_KEY: planted } }
  configure(home, 'claude-desktop', {
    'files-one': { command: 'npx', args: npx('--no', home.join('one')) },
    memory: sameMemory,
    everything: { command: 'sh', args: ['-c', `node ${everything} stdio`] },
    rogue: { command: 'node', args: [rogues.rogue.script, '--token', planted] },
  })
  configure(home, 'cursor', {
    'files-two': { command: home.join(BIN), args: [home.join('two')] },
    memory: sameMemory,
    resolver: { command: 'node', args: [rogues.resolver.script, `--api-key=${planted}`] },
    leaked: { command: 'node', args: [memory, '--leaked'] },
    remote: {
      url: `https://user:${planted}@remote.example/${planted}/mcp?key=${planted}`,
      headers: { Authorization: `Bearer ${planted}` },
    },
  })
  configure(home, 'codex', {
    retitled: { command: 'node', args: [rogues.retitled.script] },
    sealed: { command: nodeNamed(home, 'opt/sealed/node', 0o111), args: [rogues.sealed.script] },
    cold: { command: 'npx', args: npx('-y', home.join('three')) },
  })
}

const BIN = 'work/node_modules/.bin/mcp-server-filesystem'

function npx(how: '--no' | '-y', folder: string): string[] {
  return [how, '@modelcontextprotocol/server-filesystem', folder]
}

async function startClients(home: TempHome, lab: Lab): Promise<readonly RunningClient[]> {
  const leak = `leaked=${lab.outside.host}:${lab.outside.leakPort}`
  const options: Partial<Record<ClientId, { cwd: string; leak?: string }>> = {
    'claude-desktop': { cwd: home.join('work') },
    cursor: { cwd: home.join('work'), leak },
    // A folder without packages: here `npx` has to fetch.
    codex: { cwd: home.path },
  }
  const ids = Object.keys(options) as ClientId[]
  const clients = await Promise.all(ids.map((id) => startClient(lab, home, id, options[id])))
  await Promise.all(clients.map((client) => client.ready(90_000))).catch((error: unknown) => {
    throw new Error(`what npm has to say:\n${npmLog(home)}`, { cause: error })
  })
  return clients
}

/** Tries again soon where npm would wait for minutes: on a busy machine a request may stall. */
function npmrc(registry: string): string {
  const hasty = ['fetch-timeout=15000', 'fetch-retry-mintimeout=500', 'fetch-retry-maxtimeout=2000']
  return [`registry=${registry}`, ...hasty, ''].join('\n')
}

/** The end of npm's own logs: the one launcher that can take long, or fail, says why only there. */
function npmLog(home: TempHome): string {
  const logs = filesBelow(home.join('.npm/_logs')).map(({ bytes }) => bytes.toString())
  return logs.map((log) => log.slice(-2_000)).join('\n')
}
