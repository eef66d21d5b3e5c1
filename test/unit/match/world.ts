/** A small made-up machine: processes and servers for match tests. */
import {
  emptyMatchState,
  type MatchInput,
  type MatchOutput,
  matchServers,
} from '../../../daemon/match/match.ts'
import type { Instance, MatchState, Role } from '../../../shared/model/attribution.ts'
import { type ProcessKey, serverId } from '../../../shared/model/ids.ts'
import type { Process, ProcessTable } from '../../../shared/model/process.ts'
import type { ArgPattern, PackageRef, ScriptRef, Server } from '../../../shared/model/server.ts'

export const digest = (text: string): string => `h(${text.length}:${text})`

const CLIENTS: Readonly<Record<string, string>> = {
  Claude: 'claude-desktop',
  claude: 'claude-code',
  cursor: 'cursor',
  codex: 'codex',
}

/** As the real one: executable first, then the script's package, then a title the process gave itself. */
export function recogniseClient({ executable, script, argv, argvForm }: Process): string | null {
  if (script?.package?.name === '@anthropic-ai/claude-code') return 'claude-code'
  if (argvForm === 'rewritten' && argv[0] === 'claude') return 'claude-code'
  return CLIENTS[(executable ?? '').split('/').at(-1) ?? ''] ?? null
}

export type ProcessFields = Partial<Omit<Process, 'pid'>>

/** A process on pipes whose argument area has the size of its arguments. */
export function proc(
  pid: number,
  ppid: number,
  line: readonly string[],
  fields: ProcessFields = {},
): Process {
  const epoch = fields.epoch ?? 0
  const startTicks = fields.startTicks ?? pid * 10
  return {
    key: `b:${pid}:${startTicks}:${epoch}` as ProcessKey,
    bootId: 'b',
    pid,
    ppid,
    pgid: 1000,
    sid: 1000,
    uid: 1000,
    startTicks,
    epoch,
    startedAt: startTicks * 10,
    executable: defaultExecutable(line[0] ?? ''),
    comm: (line[0] ?? '').slice(0, 15),
    argv: line,
    argvForm: 'given',
    argvBytes: area(line),
    cwd: '/home/u',
    script: null,
    stdin: 'pipe',
    stdout: 'pipe',
    netns: 'net:[1]',
    readable: true,
    cgroup: '/',
    ...fields,
  }
}

export function area(line: readonly string[]): number {
  return line.reduce((size, word) => size + Buffer.byteLength(word) + 1, 0)
}

function defaultExecutable(command: string): string {
  const name = command.split('/').at(-1) ?? ''
  if (name === 'sh') return '/usr/bin/dash'
  if (name.startsWith('python')) return '/usr/bin/python3.11'
  return command.startsWith('/') ? command : `/usr/bin/${name}`
}

/** A process that wrote `title` over its arguments, whose area was `bytes` long. */
export function titled(
  pid: number,
  ppid: number,
  title: string,
  bytes: number,
  fields: ProcessFields = {},
): Process {
  const executable = '/usr/bin/node'
  return proc(pid, ppid, [title], {
    executable,
    argvForm: 'rewritten',
    argvBytes: bytes,
    ...fields,
  })
}

export function script(path: string, realPath = path, name: string | null = null): ScriptRef {
  return { path, realPath, package: name === null ? null : npm(name) }
}

export function npm(name: string, version: string | null = '1.0.0'): PackageRef {
  return { ecosystem: 'npm', name, version }
}

export interface ServerFields {
  readonly client?: string
  readonly scope?: string
  readonly cwd?: string | null
  readonly script?: ScriptRef | null
  readonly args?: readonly ArgPattern[]
  readonly disabled?: boolean
}

/** An entry of Claude Desktop unless told otherwise; `line` is command and literal arguments. */
export function server(name: string, line: readonly string[], fields: ServerFields = {}): Server {
  const client = fields.client ?? 'claude-desktop'
  const scope = fields.scope ?? 'user'
  const [command = '', ...rest] = line
  const literal = (value: string): ArgPattern => ({ kind: 'literal', value })
  return {
    id: serverId(client, `/home/u/${client}.json`, scope, name),
    client,
    name,
    source: `/home/u/${client}.json`,
    scope,
    transport: 'stdio',
    launch: {
      command: literal(command),
      args: fields.args ?? rest.map(literal),
      cwd: fields.cwd ?? null,
      script: fields.script ?? null,
    },
    endpoint: null,
    disabled: fields.disabled ?? false,
  }
}

export function table(processes: readonly Process[]): ProcessTable {
  return { at: 1_000_000, processes: new Map(processes.map((process) => [process.pid, process])) }
}

export function run(
  servers: readonly Server[],
  processes: readonly Process[],
  previous: MatchState = emptyMatchState,
  more: Pick<MatchInput, 'ownUid' | 'orphansBefore' | 'unconfiguredBefore' | 'unread'> = {},
): MatchOutput {
  const input = { previous, servers, table: table(processes), recogniseClient, digest, ...more }
  return matchServers(input)
}

/** Names, root and roles by pid of one instance, for comparing. */
export interface Summary {
  readonly names: readonly string[]
  readonly root: number
  readonly client: string | null
  readonly quality: string
  readonly roles: Readonly<Record<number, Role>>
}

export function summarise(instance: Instance, servers: readonly Server[]): Summary {
  const nameOf = (id: string): string => servers.find((s) => s.id === id)?.name ?? '?'
  return {
    names: instance.serverIds.map(nameOf).sort(),
    root: instance.rootPid,
    client: instance.client?.id ?? null,
    quality: instance.quality,
    roles: Object.fromEntries(instance.members.map(({ process, role }) => [process.pid, role])),
  }
}

export function summaries(servers: readonly Server[], output: MatchOutput): Summary[] {
  return output.instances.map((instance) => summarise(instance, servers))
}

export const DESKTOP = proc(100, 1, ['/opt/Claude/Claude'])
export const CURSOR = proc(200, 1, ['/opt/cursor/cursor'])
const FILESYSTEM = '@modelcontextprotocol/server-filesystem'

/** The tree that npx makes: launcher, npm's shell, server. Pids `at`, `at+1`, `at+2`. */
export function npxTree(
  at: number,
  parent: number,
  args: readonly string[],
  name = FILESYSTEM,
): readonly [Process, Process, Process] {
  const bin = `mcp-${name.slice(name.indexOf('/') + 1)}`
  const path = `/home/u/.npm/_npx/a3/node_modules/.bin/${bin}`
  const real = `/home/u/.npm/_npx/a3/node_modules/${name}/dist/index.js`
  const bytes = area(['node', '/usr/bin/npx', '-y', name, ...args])
  return [
    titled(at, parent, ['npm exec', name, ...args].join(' '), bytes),
    proc(at + 1, at, ['sh', '-c', [`'${bin}'`, ...args].join(' ')]),
    proc(at + 2, at + 1, ['node', path, ...args], { script: script(path, real, name) }),
  ]
}
