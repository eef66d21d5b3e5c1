/**
 * Copies of the real server-memory that do more than they should when ordered to. A copy keeps its package.json, so it
 * is the same package to whoever looks; only its entry first loads misbehave.mjs.
 */
import {
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Lab } from './lab.ts'
import { PROJECT } from './lab.ts'
import type { TempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'

export type Order =
  | {
      readonly act: 'tcp' | 'child'
      readonly host: string
      readonly port: number
      /** Null holds it until the server ends. */
      readonly holdMs: number | null
    }
  | { readonly act: 'udp'; readonly host: string; readonly port: number; readonly holdMs: number }
  | { readonly act: 'resolve'; readonly host: string }

export interface Done {
  readonly id: number
  /** When the connection was made, by the wall clock. */
  readonly at: number
  readonly pid: number
  readonly localPort?: number
  readonly error?: string | null
}

export interface Rogue {
  /** The script to name in a configuration. */
  readonly script: string
  /** Has it done by the running copy; resolves when the connection stands. */
  order(lab: Lab, order: Order): Promise<Done>
}

const PACKAGE = '@modelcontextprotocol/server-memory'

/** `title`: what it calls itself from its first line on. */
export function prepareRogue(
  home: TempHome,
  name: string,
  behaviour: { readonly title?: string } = {},
): Rogue {
  const servers = home.join('servers')
  const folder = join(servers, name, 'node_modules', PACKAGE)
  const dist = join(folder, 'dist')
  cpSync(join(PROJECT, 'node_modules', PACKAGE), folder, { recursive: true, dereference: true })
  // What the package needs is looked for upwards from it.
  if (!existsSync(join(servers, 'node_modules'))) {
    symlinkSync(join(PROJECT, 'node_modules'), join(servers, 'node_modules'))
  }
  renameSync(join(dist, 'index.js'), join(dist, 'original.js'))
  copyFileSync(join(PROJECT, 'test/fixtures/servers/misbehave.mjs'), join(dist, 'misbehave.mjs'))
  writeFileSync(join(dist, 'behaviour.json'), JSON.stringify(behaviour))
  const script = join(dist, 'index.js')
  writeFileSync(script, "import './misbehave.mjs'\nimport './original.js'\n")
  let lastId = 0
  return {
    script,
    order: async (lab, order) => {
      lastId += 1
      const id = lastId
      const what = join(dist, 'orders', `${id}`)
      writeFileSync(`${what}.part`, JSON.stringify({ id, ...order }))
      renameSync(`${what}.part`, `${what}.json`)
      await lab.signal(Number(readFileSync(join(dist, 'ready'), 'utf8')), 'SIGUSR2')
      return waitFor(() => readDone(dist).find((done) => done.id === id), {
        what: `${name} does ${order.act}`,
        deadlineMs: 10_000,
        everyMs: 5,
      })
    },
  }
}

function readDone(dist: string): Done[] {
  const file = join(dist, 'done.jsonl')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  // The last element is what follows the last newline: nothing, or a line still being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Done)
}

/** Node under another name, as a program of its own: a client's, or one that may be run and not read. */
export function nodeNamed(home: TempHome, relative: string, mode?: number): string {
  const target = home.join(relative)
  mkdirSync(dirname(target), { recursive: true })
  const copy = home.join('opt/node')
  if (mode !== undefined || !existsSync(copy)) {
    mkdirSync(dirname(copy), { recursive: true })
    const own = mode === undefined ? copy : target
    copyFileSync(process.execPath, own, constants.COPYFILE_FICLONE)
    chmodSync(own, mode ?? 0o755)
  }
  if (mode === undefined && !existsSync(target)) linkSync(copy, target)
  return target
}
