/** The kernel's programs in a process of its own, started in surroundings of its own. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Refusal } from '../../daemon/capture/bpf/refusal.ts'

const ROOT = join(import.meta.dirname, '../..')
const CHILD = join(import.meta.dirname, 'bpf-child.mjs')

/** The modules that the child needs, compiled. */
export interface Built {
  readonly folder: string
  remove(): void
}

export function build(): Built {
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-bpf-'))
  chmodSync(folder, 0o755)
  const files = ['native/load', 'capture/bpf/own-source'].map((path) =>
    join('daemon', `${path}.ts`),
  )
  const checks = ['--ignoreConfig', '--noCheck', '--skipLibCheck', '--types', 'node']
  const target = ['--module', 'nodenext', '--target', 'es2023', '--rewriteRelativeImportExtensions']
  const places = ['--rootDir', '.', '--outDir', folder]
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, ...checks, ...target, ...places, ...files], { cwd: ROOT })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** What the child says first. */
export type Told =
  | { readonly variant: string; readonly refusal?: never }
  | { readonly refusal: Refusal; readonly hint: string; readonly variant?: never }

export interface BpfChild {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  /** Null when it ended without a word: this machine does not let us have such surroundings. */
  readonly told: Told | null
  readonly exited: Promise<void>
}

export async function startBpfChild(
  { folder }: Built,
  prefix: readonly string[] = [],
  mode = '',
): Promise<BpfChild> {
  const [command, ...args] = [...prefix, process.execPath, CHILD, folder, mode]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve()).once('error', () => resolve())
  })
  const lines = createInterface({ input: child.stdout })
  const line = await new Promise<string | null>((resolve) => {
    lines.once('line', resolve)
    void exited.then(() => resolve(null))
  })
  return { process: child, told: line === null ? null : (JSON.parse(line) as Told), exited }
}

export interface Held {
  readonly kind: 'program' | 'map' | 'link'
  readonly id: number
}

/** Programs, maps and links that descriptors of a process hold, by the kernel's ids. */
export function heldBy(pid: number | 'self'): readonly Held[] {
  return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd): Held[] => {
    const text = readIfThere(`/proc/${pid}/fdinfo/${fd}`)
    const idOf = (name: string): number =>
      Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1])
    // A link names its program too.
    if (idOf('link_id') > 0) return [{ kind: 'link', id: idOf('link_id') }]
    if (idOf('map_id') > 0) return [{ kind: 'map', id: idOf('map_id') }]
    return idOf('prog_id') > 0 ? [{ kind: 'program', id: idOf('prog_id') }] : []
  })
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** linux/bpf.h: BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID, BPF_LINK_GET_FD_BY_ID. */
const BY_ID = { program: 13, map: 14, link: 30 } as const
const BPF: Readonly<Record<string, number>> = { x64: 321, arm64: 280 }

/** Those that the kernel still has. Needs root. */
export function stillThere(held: readonly Held[]): readonly Held[] {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  const libc = koffi.load(null)
  const syscall = libc.func('syscall', 'long', ['long', 'long', 'void *', 'long'])
  const close = libc.func('close', 'int', ['int'])
  return held.filter(({ kind, id }) => {
    const fd = syscall(BPF[process.arch], BY_ID[kind], new Uint32Array([id, 0, 0, 0]), 16) as number
    if (fd >= 0) close(fd)
    return fd >= 0
  })
}
