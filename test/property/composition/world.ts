/** Puts clients, starts and noise together, and knows of every process whose it is. */
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import { type KnownAs, SIGNS, startClient } from './clients.ts'
import { type Entry, makeEntry, serverOf, startEntry } from './entries.ts'
import type { Place, Tree } from './launcher.ts'
import { createMachine, HOME, type Machine, OWN_UID } from './machine.ts'
import { FORGED, NOISE } from './noise.ts'
import type { Plan, PlannedEntry, PlannedStart, RUNNERS } from './plan.ts'
import { BARE, BY_CLIENT, type Wrapper } from './wrappers.ts'

export type Truth =
  /** Of this entry, started by this client. */
  | {
      readonly kind: 'of'
      readonly entry: Entry
      readonly client: Process
      /** It shows nothing of its own, and the client that started it was itself started by this copy's server. */
      readonly outer?: Copy
    }
  /** It shows the command line of this entry and not its client: it may be named so, or not at all. */
  | { readonly kind: 'like'; readonly entry: Entry; readonly isOwnRun: boolean }

/** A copy that a client started. */
export interface Copy {
  readonly tree: Tree
  readonly root: Process
  readonly entry: Entry
  readonly client: Process
  readonly start: PlannedStart
}

interface RunningClient {
  readonly known: KnownAs
  readonly process: Process
}

export interface World {
  readonly machine: Machine
  readonly entries: readonly Entry[]
  readonly servers: readonly Server[]
  /** By pid. Processes that are not in here belong to nobody. */
  readonly truth: Map<number, Truth>
  readonly copies: readonly Copy[]
}

export function buildWorld(plan: Plan, digest: (text: string) => string): World {
  const machine = createMachine()
  const init = machine.spawn(null, ['/usr/lib/systemd/systemd'])
  const terminal = machine.spawn(init, ['bash'], { session: true, stdio: 'terminal' })
  const clients = plan.clients.flatMap((number, index): RunningClient[] => {
    const known = SIGNS[number]
    if (known === undefined) return []
    const cwd = index === 0 ? HOME : `${HOME}/one`
    return [{ known, process: startClient(machine, terminal, known, cwd) }]
  })
  const entries = plan.entries.flatMap((planned, index) => entriesOf(planned, index, clients))
  installAll(machine, entries)
  const truth = new Map<number, Truth>()
  const helper = BY_CLIENT[plan.helper] ?? BARE
  const world = { machine, entries, truth, clients, helper }
  const copies = plan.starts.flatMap((start) => startCopy(world, start))
  for (const { entry: number, by } of plan.runs) {
    const entry = pick(entries, number)
    if (entry !== undefined) runElsewhere(world, entry, by, terminal)
  }
  for (const { kind, place, at, entry } of plan.noise) {
    const parents = {
      terminal,
      init,
      client: pick(clients, at)?.process,
      server: pick(copies, at)?.tree.server,
    }
    const parent = parents[place] ?? terminal
    const noise = NOISE[kind] ?? FORGED
    const about = pick(entries, entry)
    if (about === undefined) continue
    const stdio = place === 'terminal' ? 'terminal' : place === 'init' ? 'null' : 'pipe'
    const process = noise.start(machine, parent, about, { stdio })
    inherit(truth, parent, process)
  }
  const servers = entries.map((entry) => serverOf(entry, machine.disk, digest))
  return { machine, entries, servers, truth, copies }
}

/** The entry, its twin, and the same in another client. */
function entriesOf(
  { made, client, alsoIn, twin }: PlannedEntry,
  index: number,
  clients: readonly RunningClient[],
): Entry[] {
  const home = pick(clients, client)?.known.client
  if (home === undefined) return []
  const entries = [makeEntry(made, home, `e${index}`, index)]
  const other = alsoIn === null ? undefined : pick(clients, alsoIn)?.known.client
  if (other !== undefined && other !== home)
    entries.push(makeEntry(made, other, `e${index}`, index))
  if (twin === 'arguments') {
    const args = [...made.args, { value: '--twin', open: 'nothing' as const }]
    entries.push(makeEntry({ ...made, args }, home, `e${index}-twin`, index))
  }
  if (twin === 'program' && made.program.kind === 'npm') {
    const program = { ...made.program, name: `@twin/${made.program.name.replace(/^.*\//, '')}` }
    entries.push(makeEntry({ ...made, program }, home, `e${index}-twin`, index))
  }
  return entries
}

/** Scripts and programs are there before anything names them. */
function installAll(machine: Machine, entries: readonly Entry[]): void {
  for (const { program } of entries)
    if (program.kind === 'script' || program.kind === 'binary')
      machine.install(program.path, program.path, null)
}

interface Ground {
  readonly machine: Machine
  readonly entries: readonly Entry[]
  readonly truth: Map<number, Truth>
  readonly clients: readonly RunningClient[]
  readonly helper: Wrapper
}

function startCopy(ground: Ground, start: PlannedStart): Copy[] {
  const { machine, entries, clients } = ground
  const entry = pick(entries, start.entry)
  if (entry === undefined) return []
  const own = clients.filter(({ known }) => known.client === entry.client)
  const client = pick(own, start.client)?.process
  if (client === undefined) return []
  const how = { stdio: start.stdio, session: start.session }
  const copy = begin(ground, entry, client, { machine, parent: client, how }, start)
  const { server } = copy.tree
  if (server === null) return [copy]
  let last = server
  for (let level = 0; level < start.depth; level += 1) {
    last = machine.spawn(last, ['sh', '-c', 'git status; true'])
    ground.truth.set(last.pid, { kind: 'of', entry, client })
  }
  return [copy, ...nestClient(ground, copy)]
}

function begin(
  { truth, helper }: Ground,
  entry: Entry,
  client: Process,
  place: Place,
  start: PlannedStart,
): Copy {
  const tree = startEntry(entry, place, { ...start, helper })
  const [root] = tree.processes
  if (root === undefined) throw new Error('nothing was started')
  for (const { pid } of tree.processes) truth.set(pid, { kind: 'of', entry, client })
  return { tree, root, entry, client, start }
}

/** A client that a server runs is the server's own doing; what this client is configured with is not. */
function nestClient(ground: Ground, outer: Copy): Copy[] {
  const { entry, client, start, tree } = outer
  const inner = start.nested === null ? undefined : pick(ground.entries, start.nested)
  const known = SIGNS.find((sign) => sign.client === inner?.client && sign.sign !== 'title')
  if (inner === undefined || known === undefined || tree.server === null) return []
  const { machine, truth } = ground
  const nested = startClient(machine, tree.server, known, HOME)
  truth.set(nested.pid, { kind: 'of', entry, client })
  const how = { stdio: 'pipe' } as const
  const plain = { ...start, installing: false, depth: 0 }
  const copy = begin(ground, inner, nested, { machine, parent: nested, how }, plain)
  if (inner.title !== null)
    for (const { pid } of copy.tree.processes)
      truth.set(pid, { kind: 'of', entry: inner, client: nested, outer })
  return [copy]
}

/** Runs of a configured command line that no client of it started. */
function runElsewhere(
  { machine, truth, clients, helper }: Ground,
  entry: Entry,
  by: (typeof RUNNERS)[number],
  terminal: Process,
): void {
  const begin = (parent: Process, stdio: 'pipe' | 'terminal', before = BARE): Tree =>
    startEntry(entry, { machine, parent, how: { stdio } }, { installing: false, helper: before })
  const like = ({ processes }: Tree, isOwnRun = false): void => {
    for (const { pid } of processes) truth.set(pid, { kind: 'like', entry, isOwnRun })
  }
  switch (by) {
    case 'hand':
      like(begin(terminal, 'terminal'), true)
      break
    case 'tool':
      like(begin(machine.spawn(terminal, ['inspector', '--port', '1']), 'pipe'))
      break
    case 'client': {
      const other = clients.find(({ known }) => known.client !== entry.client)?.process
      if (other !== undefined) like(begin(other, 'pipe', helper))
      break
    }
    case 'another user':
      begin(machine.spawn(terminal, ['bash'], { uid: OWN_UID + 1 }), 'pipe')
      break
    case 'left over': {
      const { processes, server } = begin(terminal, 'pipe')
      for (const { pid } of processes) machine.processes.delete(pid)
      if (server === null) break
      const alone = { ...server, ppid: 1 }
      machine.processes.set(server.pid, alone)
      like({ processes: [alone], server: alone })
    }
  }
}

function inherit(truth: Map<number, Truth>, parent: Process, child: Process): void {
  const owner = truth.get(parent.pid)
  if (owner !== undefined) truth.set(child.pid, owner)
}

export function pick<T>(items: readonly T[], number: number): T | undefined {
  return items.length === 0 ? undefined : items[number % items.length]
}
