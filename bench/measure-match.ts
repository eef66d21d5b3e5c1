/** Matching alone: twenty servers against a thousand processes, at first sight and from tick to tick. */

import { createGlances, emptyMatchState, matchServers } from '../daemon/match/match.ts'
import { recogniseClient } from '../shared/clients/recognise.ts'
import { type ProcessKey, serverId } from '../shared/model/ids.ts'
import type { Process, ProcessTable } from '../shared/model/process.ts'
import type { ArgPattern, Server } from '../shared/model/server.ts'
import { percentile } from './cost.ts'
import type { Figure } from './figure.ts'

const PROCESSES = 1_000
const SERVERS = 20
const ROUNDS = 200
const BAR_MS = 5

export function measureMatch(): readonly Figure[] {
  const servers = Array.from({ length: SERVERS }, (_, i) => serverOf(i))
  const table = tableOf(servers)
  const input = {
    servers,
    table,
    recogniseClient: (process: Process) => recogniseClient(process),
    digest: (text: string) => text,
  }
  const glances = createGlances()
  const first: number[] = []
  const again: number[] = []
  const changed: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const { state, instances } = timed(first, () =>
      matchServers({ ...input, previous: emptyMatchState }),
    )
    timed(again, () => matchServers({ ...input, previous: state }, glances))
    const other = withOneChanged(table, round)
    timed(changed, () => matchServers({ ...input, table: other, previous: state }, glances))
    if (instances.length !== SERVERS) throw new Error(`${instances.length} instances were found`)
  }
  const note = `${SERVERS} servers, ${PROCESSES} processes, processor time; median of ${ROUNDS}`
  const figure = (name: string, times: readonly number[]): Figure => ({
    name,
    value: percentile(times, 0.5),
    unit: 'ms',
    note: `${note}; p95 ${percentile(times, 0.95).toFixed(2)}`,
    atMost: BAR_MS,
  })
  return [
    figure('matching, first sight', first),
    figure('matching, known instances', again),
    figure('matching, one process changed', changed),
  ]
}

/** Another of the processes that are nobody's each time. */
function withOneChanged({ at, processes }: ProcessTable, round: number): ProcessTable {
  const pid = 1_000 + (round % (PROCESSES - SERVERS - 1))
  const process = processes.get(pid)
  if (process === undefined) throw new Error(`${pid} is not in the table`)
  return { at, processes: new Map([...processes, [pid, { ...process, cwd: `/folder-${round}` }]]) }
}

/** Processor time, which a busy machine makes no longer. */
function timed<T>(times: number[], run: () => T): T {
  const before = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(before)
  times.push((user + system) / 1_000)
  return result
}

const literal = (value: string): ArgPattern => ({ kind: 'literal', value })

function serverOf(number: number): Server {
  const name = `server-${number}`
  const script = `/home/dev/servers/${name}/index.js`
  return {
    id: serverId('cursor', '/home/dev/.cursor/mcp.json', 'user', name),
    client: 'cursor',
    name,
    source: '/home/dev/.cursor/mcp.json',
    scope: 'user',
    transport: 'stdio',
    launch: {
      command: literal('node'),
      args: [script, '--root', '/home/dev'].map(literal),
      cwd: null,
      script: { path: script, realPath: script, package: null },
    },
    endpoint: null,
    disabled: false,
  }
}

/** One client with its servers; the rest are other programs, every tenth of them node, each below the one before. */
function tableOf(servers: readonly Server[]): ProcessTable {
  const client = processOf(10, 1, '/opt/cursor/cursor', ['/opt/cursor/cursor'])
  const started = servers.map(({ launch }, i) => {
    const path = launch?.script?.path ?? ''
    const process = processOf(100 + i, 10, '/usr/bin/node', ['node', path, '--root', '/home/dev'])
    return { ...process, script: { path, realPath: path, package: null } }
  })
  const others = Array.from({ length: PROCESSES - SERVERS - 1 }, (_, i) => {
    const path = i % 10 === 0 ? '/usr/bin/node' : `/usr/bin/program-${i % 50}`
    return processOf(1_000 + i, i % 7 === 0 ? 1 : 999 + i, path, [path, `--number=${i}`])
  })
  const all = [client, ...started, ...others]
  return { at: 0, processes: new Map(all.map((process) => [process.pid, process])) }
}

function processOf(pid: number, ppid: number, executable: string, argv: string[]): Process {
  return {
    key: `boot:${pid}:${pid}:0` as ProcessKey,
    bootId: 'boot',
    pid,
    ppid,
    pgid: pid,
    sid: pid,
    uid: 1000,
    startTicks: pid,
    epoch: 0,
    startedAt: pid,
    executable,
    comm: 'program',
    argv,
    argvForm: 'given',
    argvBytes: argv.join(' ').length + 1,
    cwd: '/home/dev',
    script: null,
    stdin: 'pipe',
    stdout: 'pipe',
    netns: 'net:[1]',
    readable: true,
    cgroup: null,
  }
}
