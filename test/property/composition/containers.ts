/** Containers on a composed machine: of entries, of hands, of other users, left over, and such as only look alike. */
import fc from 'fast-check'
import type { Container } from '../../../shared/model/container.ts'
import { type ServerId, serverId } from '../../../shared/model/ids.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import { SIGNS, startClient } from './clients.ts'
import { idOf, spawnInside } from './inside.ts'
import { HOME, type Machine, OWN_UID } from './machine.ts'
import { pick } from './world.ts'

const KINDS = [
  'called',
  'called',
  'called',
  'pulling',
  'by hand',
  'other user',
  'left',
  'not talked to',
  'same name',
  'labelled',
  'number given again',
] as const

/** What becomes of it before the second look. */
export const BOX_FATES = ['stays', 'command ends', 'starts again', 'starts again alone'] as const

export const boxes = fc.record({
  entries: fc.array(
    fc.record({
      client: fc.nat(1),
      alsoIn: fc.boolean(),
      engine: fc.constantFrom('docker', 'podman'),
      image: fc.constantFrom('mcp/fetch', 'mcp/time', 'docker.io/mcp/fetch:latest'),
      named: fc.boolean(),
      label: fc.option(fc.constantFrom('app=a', 'app=b')),
      folder: fc.option(fc.constantFrom('/a:/w', '/b:/w')),
      cidFile: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      variable: fc.boolean(),
      args: fc.subarray(['--x', 'stdio']),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  starts: fc.array(
    fc.record({
      entry: fc.nat(7),
      kind: fc.constantFrom(...KINDS),
      isRootless: fc.boolean(),
      hasShell: fc.boolean(),
      hasExec: fc.boolean(),
      isTold: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
      fate: fc.constantFrom(...BOX_FATES),
    }),
    { minLength: 1, maxLength: 6 },
  ),
})

type Planned = typeof boxes extends fc.Arbitrary<infer T> ? T : never
type PlannedStart = Planned['starts'][number]

interface ImageEntry {
  readonly server: Server
  readonly client: number
  readonly made: Planned['entries'][number]
  readonly words: readonly string[]
  /** Of entries that differ in nothing. */
  readonly name: string | null
}

/** A copy, with who made it. */
interface Box {
  readonly start: PlannedStart
  readonly command: Process | null
  readonly container: Container | null
  readonly inside: readonly Process[]
}

export interface Boxed {
  readonly servers: readonly Server[]
  readonly containers: readonly Container[]
  /** By pid: the names that it may have. With none it belongs to nobody. */
  readonly allowed: Map<number, ReadonlySet<ServerId>>
  readonly boxes: readonly Box[]
}

/** Adds them to what runs on the machine. */
export function addContainers(machine: Machine, planned: Planned): Boxed {
  const init = machine.spawn(null, ['/usr/lib/systemd/systemd'])
  const terminal = machine.spawn(init, ['bash'], { session: true, stdio: 'terminal' })
  const stranger = machine.spawn(init, ['bash'], { uid: OWN_UID + 1, session: true })
  const clients = SIGNS.filter(
    ({ client, sign }) => sign === 'executable' && ['cursor', 'windsurf'].includes(client.id),
  ).slice(0, 2)
  const running = clients.map((known) => startClient(machine, terminal, known, HOME))
  const entries = planned.entries.flatMap((made, index): ImageEntry[] => {
    const at = made.alsoIn ? [0, 1] : [made.client]
    return at.map((client) => entryOf(made, index, client, clients[client]?.client.id ?? 'cursor'))
  })
  const allowed = new Map<number, ReadonlySet<ServerId>>()
  const made = planned.starts.flatMap((start, number): Box[] => {
    const entry = pick(entries, start.entry)
    const client = running[entry?.client ?? 0]
    if (entry === undefined || client === undefined) return []
    const parent = { 'by hand': terminal, 'other user': stranger }[start.kind as string] ?? client
    const names = namesFor(entry, entries, start)
    const box = makeBox(machine, { init, parent }, entry, start, number)
    for (const process of [box.command, ...box.inside])
      if (process !== null) allowed.set(process.pid, names)
    return [box]
  })
  const told = made.flatMap(({ container, start }) =>
    container === null || !start.isTold ? [] : [container],
  )
  return { servers: entries.map(({ server }) => server), containers: told, allowed, boxes: made }
}

function entryOf(
  made: Planned['entries'][number],
  index: number,
  client: number,
  id: string,
): ImageEntry {
  const name = made.named ? `box-${index}` : null
  const words = [
    made.engine,
    'run',
    '-i',
    '--rm',
    ...(name === null ? [] : ['--name', name]),
    ...(made.label === null ? [] : ['-l', made.label]),
    ...(made.folder === null ? [] : ['-v', made.folder]),
    ...(made.cidFile ? [`--cidfile=/run/${index}.cid`] : []),
    ...(made.variable ? ['-e', 'KEY'] : []),
    made.image,
    ...made.args,
  ]
  const [command = '', ...args] = words
  const source = `${HOME}/.${id}.json`
  const as = (value: string) => ({ kind: 'literal' as const, value })
  const launch = { command: as(command), args: args.map(as), cwd: null, script: null }
  const server: Server = {
    id: serverId(id, source, 'user', `i${index}`),
    client: id,
    name: `i${index}`,
    source,
    scope: 'user',
    transport: 'stdio',
    launch,
    endpoint: null,
    disabled: false,
  }
  return { server, client, made, words, name }
}

const bare = (image: string): string => image.replace(/^docker\.io\/|:latest$/g, '')

/** What a copy that no client started is like: all entries of its image, whatever else they say. */
function namesFor(
  entry: ImageEntry,
  entries: readonly ImageEntry[],
  { kind }: PlannedStart,
): ReadonlySet<ServerId> {
  switch (kind) {
    case 'called':
    case 'pulling':
    case 'labelled':
      return new Set([entry.server.id])
    case 'by hand':
    case 'left': {
      const alike = entries.filter(({ made }) => bare(made.image) === bare(entry.made.image))
      return new Set(alike.map(({ server }) => server.id))
    }
    case 'other user':
    case 'not talked to':
    case 'same name':
    case 'number given again':
      return new Set()
  }
}

function makeBox(
  machine: Machine,
  { init, parent }: { readonly init: Process; readonly parent: Process },
  entry: ImageEntry,
  start: PlannedStart,
  number: number,
): Box {
  const isAlone = ['left', 'not talked to', 'same name', 'number given again'].includes(start.kind)
  const stdio = start.kind === 'by hand' ? 'terminal' : 'pipe'
  const command = isAlone ? null : machine.spawn(parent, entry.words, { stdio })
  if (start.kind === 'pulling') return { start, command, container: null, inside: [] }
  if (start.kind === 'number given again') {
    const inside = [machine.spawn(init, ['python3', '/app/server.py'])]
    return { start, command, container: containerOf(entry, start, number, inside[0]), inside }
  }
  const inside = spawnInside(machine, init, start, number)
  return { start, command, container: containerOf(entry, start, number, inside[0]), inside }
}

function containerOf(
  { made, name, words }: ImageEntry,
  { kind, isRootless }: PlannedStart,
  number: number,
  first: Process | undefined,
): Container {
  const labels = new Map(made.label === null ? [] : [made.label.split('=') as [string, string]])
  if (kind === 'labelled') labels.set('docker-mcp', 'true').set('docker-mcp-name', 'i0')
  const cidFile = words.find((word) => word.startsWith('--cidfile='))?.slice('--cidfile='.length)
  return {
    id: idOf(number),
    engine: isRootless ? 'podman' : 'docker',
    name: name ?? `funny_${number}`,
    image: kind === 'same name' ? 'evil/other' : made.image,
    imageId: null,
    createdAt: (first?.startedAt ?? 0) - 50,
    command: made.args,
    labels,
    mounts: made.folder === null ? [] : [made.folder],
    cidFile: cidFile ?? null,
    interactive: kind !== 'not talked to',
    network: 'own',
    published: [],
    pid: first?.pid ?? null,
    running: true,
  }
}
