/** Makes one case: what a scenario says is done in a fresh scene, and what is there in the end is written down. */
import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { release } from 'node:os'
import { dirname } from 'node:path'
import { addEntry, configuration, startClient, versionOf } from './client.mjs'
import { instancesOf, undeclaredOf } from './expect.mjs'
import { createRegistry } from './registry.mjs'
import { HOME, openScene, pause } from './scene.mjs'
import { chance, drawServer, makeServer } from './servers.mjs'
import { openTable } from './table.mjs'

/** Codex takes some seconds for what it does first. */
const PATIENCE_MS = 60_000
/** For that long the same processes have to be there before they are written down; something may always come and go. */
const QUIET_MS = 400
const RESTLESS_MS = 4_000

/**
 * @param {{scenario: import('./scenario.mjs').Scenario, launcher: object, client: object, clients: object[], seed: number}} job
 *   `clients`: all that are installed.
 * @returns {Promise<object>} a case
 */
export async function recordCase({ scenario, launcher, client, clients, seed }) {
  const random = chance(seed)
  const offer = { npm: [], pypi: [] }
  const scene = await openScene(createRegistry(offer))
  try {
    const started = { clients: new Map(), ownRuns: [] }
    const state = { scene, offer, random, launcher, entries: [], forgotten: [], ...started }
    const stage = {
      ...stageOf(state),
      client,
      others: clients.filter(({ id }) => id !== client.id),
    }
    const outcome = await scenario.play(stage)
    const versions = await versionsOf(scene, client, launcher)
    return caseOf({ scenario, launcher, client, state, tables: stage.tables, outcome, versions })
  } finally {
    await scene.end()
  }
}

/** What a scenario works with. */
function stageOf(state) {
  const { scene, offer, random } = state
  const look = openTable(scene)
  const tables = []
  const servers = []
  return {
    scene,
    tables,
    random,
    launcher: state.launcher,
    /** Draws and makes a server; `changes` are laid over what was drawn. */
    async server(changes = {}) {
      const drawn = drawServer(
        random,
        servers.map(({ noun }) => noun),
      )
      const server = { ...drawn, ...changes }
      servers.push(server)
      const { npm, pypi } = await makeServer(scene, server)
      offer.npm.push(npm)
      if (pypi !== null) offer.pypi.push(pypi)
      await state.launcher.prepare?.(scene, server)
      return server
    },
    /** The launcher's command line of a server: `[command, ...args]`. */
    commandOf(server, launcher = state.launcher) {
      const { command, args } = launcher.command(scene, server)
      return [command, ...args]
    },
    /** Has the client write the entry. */
    async declare(client, server, launcher = state.launcher) {
      const { command, args } = launcher.command(scene, server)
      await addEntry(scene, client, { name: server.name, command, args })
      state.entries.push({
        client: client.id,
        configuredBy: client,
        server,
        launcher,
        words: [command, ...args],
      })
    },
    /** Takes the client's configuration away. */
    async forget(client) {
      for (const path of client.files) await scene.run('rm', ['-f', `${scene.home}/${path}`])
      const isKept = (entry) => entry.configuredBy !== client
      state.forgotten.push(...state.entries.filter((entry) => !isKept(entry)))
      state.entries = state.entries.filter(isKept)
    },
    /** Starts the client. */
    async run(client, options) {
      const pid = await startClient(scene, client, options)
      state.clients.set(pid, client.id)
      return pid
    },
    /** A developer's own terminal; standard input is a pseudo terminal. Gives the pid of what holds it. */
    async terminal(words, { ownRun = false, ...options } = {}) {
      const line = `exec ${words.map(quoted).join(' ')}`
      const pid = await scene.start('script', ['-qec', line, '/dev/null'], options)
      if (ownRun) state.ownRuns.push(pid)
      return pid
    },
    /** Waits until so many servers that reported themselves are alive. */
    async reported(count) {
      await until(
        () =>
          scene.reports().filter(({ pid }) => existsSync(`${scene.procRoot}/${pid}`)).length >=
          count,
        () => `${count} servers: ${complaints(state)}`,
      )
    },
    until,
    /** Whether no process has the number, an ended one that nobody asked for neither. */
    isFree: (pid) => !existsSync(`${scene.procRoot}/${pid}`),
    /** Writes the table down, once it holds still. */
    async snapshot() {
      tables.push(await stillTable(look))
      return tables.at(-1)
    },
    look,
    expected: () => expectedNow(state, tables.at(-1)),
  }
}

const expectedNow = ({ scene, entries, clients, ownRuns }, table) =>
  instancesOf(scene.reports(), { table, entries, clients, ownRuns })

const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`

function complaints({ scene, clients }) {
  return [...clients].map(([pid, id]) => `${id}: ${JSON.stringify(scene.output(pid))}`).join('\n')
}

async function until(isSo, what = () => 'what was waited for') {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what()}`)
    await pause()
  }
}

async function stillTable(look) {
  const started = Date.now()
  let since = started
  let last = await look()
  while (Date.now() - since < QUIET_MS && Date.now() - started < RESTLESS_MS) {
    await pause()
    const next = await look()
    if (signOf(next) !== signOf(last)) since = Date.now()
    last = next
  }
  return last
}

const signOf = (table) => JSON.stringify(table.map(({ pid, ppid, argv }) => [pid, ppid, argv]))

async function versionsOf(scene, client, launcher) {
  const commands = { node: ['node', '--version'], ...launcher.versions?.() }
  const versions = { [client.id]: await versionOf(scene, client), linux: release().split('-')[0] }
  for (const [name, [command, ...args]] of Object.entries(commands))
    versions[name] = /\d+(?:\.\d+)+[\w.-]*/.exec(await scene.run(command, args))?.[0] ?? 'unknown'
  return versions
}

/** Configurations, and what of the home the entries' command lines name. */
function filesOf({ entries }) {
  const configurations = [...new Set(entries.map(({ configuredBy }) => configuredBy))]
  const named = entries.flatMap(({ words }) => words.filter((word) => word.startsWith(`${HOME}/`)))
  const files = [...configurations.flatMap(configuration), ...named.flatMap(fileNamed)]
  return [...new Map(files.map((file) => [file.path, file])).values()]
}

/** A file is there without what is in it, for that is never read; the manifest above it is. */
function fileNamed(path) {
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined || entry.isDirectory()) return []
  const short = path.replace(HOME, '~')
  if (!entry.isSymbolicLink()) return [{ path: short, text: '' }, ...manifestAbove(path)]
  const target = realpathSync(path)
  const link = { path: short, link: readlinkSync(path) }
  return target.startsWith(`${HOME}/`) ? [link, ...fileNamed(target)] : [link]
}

function manifestAbove(path) {
  for (let folder = dirname(path); folder.startsWith(`${HOME}/`); folder = dirname(folder)) {
    const file = `${folder}/package.json`
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue
    const { name, version, type } = JSON.parse(readFileSync(file, 'utf8'))
    return [{ path: file.replace(HOME, '~'), text: JSON.stringify({ name, version, type }) }]
  }
  return []
}

function caseOf({ scenario, launcher, client, state, tables, outcome, versions }) {
  return {
    about: outcome.about,
    launcher: launcher.id,
    client: scenario.client ?? client.id,
    difficulty: scenario.difficulty ?? launcher.difficulty ?? 'plain',
    origin: { kind: 'recorded', on: new Date().toISOString().slice(0, 10), versions },
    files: filesOf(state),
    tables,
    expected: outcome.expected ?? expectedNow(state, tables.at(-1)),
    undeclared: undeclaredOf(state.scene.reports(), { ...state, table: tables.at(-1) }),
    ...(outcome.missed !== undefined && { missed: outcome.missed }),
  }
}
