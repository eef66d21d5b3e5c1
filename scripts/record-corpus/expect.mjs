/**
 * What mcp-watch has to make of a scene: it follows from which server reported itself, which processes the recorder started, and
 * the chain of parents between them. Pure.
 */

/**
 * @typedef {object} Entry An entry that a client was given.
 * @property {string} client
 * @property {import('./launcher.mjs').Server} server
 * @property {import('./launcher.mjs').Launcher} launcher
 */

/** Programs of clients are all in one folder. */
export const isOfClient = ({ executable, script }) =>
  [executable, script?.path].some((path) => path?.startsWith('/opt/clients/'))

/** The process, its parent, and so on to the first. */
export function chainOf(pid, table) {
  const process = table.find((each) => each.pid === pid)
  return process === undefined ? [] : [process, ...chainOf(process.ppid, table)]
}

const sameWords = (left, right) => left.join('\0') === right.join('\0')

/** Entries that may have started the server that reported itself. */
const entriesFor = ({ self, args }, entries) =>
  entries.filter(({ server }) => server.noun === self && sameWords(server.args, args))

/**
 * The instance of a server that reported itself, or null where it is nobody's.
 * @param {{pid: number, self: string, args: readonly string[]}} report `self`: which server it is.
 * @param {{table: object[], entries: Entry[], clients: Map<number, string>, ownRuns: number[]}} scene `clients`: the pid that
 *   each client was started as; `ownRuns`: terminals of developers that run a server themselves.
 */
export function instanceOf(report, { table, entries, clients, ownRuns }) {
  const chain = chainOf(report.pid, table)
  const started = chain.find(({ pid }) => clients.has(pid))
  const top = chain.findIndex(isOfClient)
  if (started !== undefined && top > 0)
    return described(report, entries, {
      client: clients.get(started.pid),
      root: chain[top - 1].pid,
      startedBy: chain[top].pid,
    })
  const terminal = chain.findIndex(({ pid }) => ownRuns.includes(pid))
  if (terminal <= 0) return null
  const [entry] = entriesFor(report, entries)
  if (entry === undefined) return null
  const own = { client: entry.client, root: chain[terminal - 1].pid, startedBy: null }
  return { ...described(report, entries, own), quality: 'no-client', judged: false }
}

/**
 * A server that a client still runs and whose entry was taken away: where it is told at all, as one that no file declares, by the
 * name of its package or of its program. Null for any other.
 * @param {{table: object[], entries: Entry[], forgotten: Entry[], clients: Map<number, string>}} scene
 */
function undeclared(report, { table, entries, forgotten, clients }) {
  const chain = chainOf(report.pid, table)
  const started = chain.find(({ pid }) => clients.has(pid))
  const top = chain.findIndex(isOfClient)
  if (started === undefined || top <= 0 || entriesFor(report, entries).length > 0) return null
  const [entry] = entriesFor(report, forgotten)
  if (entry === undefined) return null
  const { npm, pypi } = entry.server
  const names = [npm.name, npm.bin, pypi.name, pypi.script, pypi.module]
  return { root: chain[top - 1].pid, names: [...new Set(names)] }
}

export function undeclaredOf(reports, scene) {
  return reports.flatMap((report) => undeclared(report, scene) ?? [])
}

function described(report, entries, { client, root, startedBy }) {
  const own = entriesFor(
    report,
    entries.filter((entry) => entry.client === client),
  )
  const [first] = own
  if (first === undefined) return null
  const { launcher, server } = first
  const ran = launcher.runs === null ? null : server[launcher.runs]
  return {
    servers: own.map(({ server: { name } }) => name).sort(),
    client,
    root,
    server: report.pid,
    startedBy,
    quality: own.length > 1 ? 'one-of' : (launcher.quality ?? 'exact'),
    ...(ran !== null && { package: `${ran.name}@${ran.version}` }),
  }
}

/** All instances of the scene, in the order of their servers. */
export function instancesOf(reports, scene) {
  const alive = reports.filter(({ pid }) => scene.table.some((each) => each.pid === pid))
  return alive.sort((a, b) => a.pid - b.pid).flatMap((report) => instanceOf(report, scene) ?? [])
}
