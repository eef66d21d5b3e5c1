/** Discovery alone: a home with a file of each client, as it is read at the start and looked at from then on. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createDiscoverer } from '../daemon/discover/discoverer.ts'
import type { Discoverer } from '../daemon/ports.ts'
import { clientFiles, declaresServers, type System } from '../shared/clients/paths.ts'
import type { ConfigFile } from '../shared/clients/row.ts'
import { percentile } from './cost.ts'
import type { Figure } from './figure.ts'
import type { Place } from './place.ts'

const CLIENTS = 60
const SERVERS_IN_EACH = 4
const ROUNDS = 50
const BAR_MS = 50

export function measureDiscover({ home }: Pick<Place, 'home'>): readonly Figure[] {
  const system: System = { platform: 'linux', home, root: join(home, 'system'), env: {} }
  const files = writeFiles(system)
  const first: number[] = []
  const again: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const discoverer = discovererOf(system)
    const found = timed(first, () => discoverer.read())
    if (found.files.length !== files || found.servers.length !== files * SERVERS_IN_EACH)
      throw new Error(`${found.servers.length} servers in ${found.files.length} files were found`)
    timed(again, () => discoverer.read())
    discoverer.stop()
  }
  const note = `${files} clients with ${SERVERS_IN_EACH} servers each, processor time; median of ${ROUNDS}`
  const figure = (name: string, times: readonly number[]): Figure => ({
    name,
    value: percentile(times, 0.5),
    unit: 'ms',
    note: `${note}; p95 ${percentile(times, 0.95).toFixed(2)}`,
    atMost: BAR_MS,
  })
  return [figure('discovery, all files read', first), figure('discovery, nothing changed', again)]
}

/** An hour ahead: files that are just written are read twice, as they may be written again. */
function discovererOf(system: System): Discoverer {
  return createDiscoverer({
    ...system,
    packages: { packageOf: () => null },
    digest: (text) => text,
    clock: { wallMs: () => Date.now() + 3_600_000, monotonicMs: () => performance.now() },
  })
}

/** The first plain file of each of the first clients; how many there are. */
function writeFiles(system: System): number {
  const seen = new Set<string>()
  for (const { client, file, folder, pattern } of clientFiles(system)) {
    const isPlain = file.single === undefined && file.patches === undefined
    if (seen.size >= CLIENTS || seen.has(client.id) || pattern.includes('*') || !isPlain) continue
    if (!declaresServers(file) || file.starts !== undefined) continue
    seen.add(client.id)
    const path = join(folder, pattern)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, textOf(file))
  }
  return seen.size
}

function textOf({ format, servers }: ConfigFile): string {
  const [path = []] = servers
  const entry = { command: 'npx', args: ['-y', '@example/server', '--root', '/home/dev/work'] }
  const names = Array.from({ length: SERVERS_IN_EACH }, (_, number) => `server-${number}`)
  // A JSON list of texts is a TOML array too.
  const toml = (name: string): string =>
    `[${[...path, name].join('.')}]\ncommand = "npx"\nargs = ${JSON.stringify(entry.args)}\n`
  if (format === 'toml') return names.map(toml).join('\n')
  const map: unknown = Object.fromEntries(names.map((name) => [name, entry]))
  // JSON is YAML, too.
  return JSON.stringify(
    path.reduceRight((inner, key) => ({ [key]: inner }), map),
    null,
    2,
  )
}

/** Processor time, which a busy machine makes no longer. */
function timed<T>(times: number[], run: () => T): T {
  const before = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(before)
  times.push((user + system) / 1_000)
  return result
}
