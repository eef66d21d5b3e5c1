/** Plain tools that watch the same traffic: what they would have told. */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findTool } from '../../../daemon/capture/run-tool.ts'
import { waitUntil } from '../../wait.ts'
import type { Aim } from './kinds.ts'
import type { One } from './ones.ts'

const READY_MS = 10_000
const SS_INTERVAL_MS = 1_000
const MOST_BYTES = 256 * 1_024 * 1_024

export interface Beside {
  /** `tcpdump`: a packet to that place. `ss`: a socket to it, of the right process. Null: not to be had here. */
  stop(): Promise<((one: One) => boolean) | null>
}

/** Packets of loopback. It knows no processes. */
export async function startTcpdump(home: string, { four, port }: Aim): Promise<Beside> {
  const file = join(home, 'packets')
  const which = `net ${four}.0.0/16 or (ip6 and portrange ${port}-${port + 400})`
  const args = ['-i', 'lo', '-nn', '-B', '65536', '-s', '128', '-Z', 'root', '-w', file, which]
  if (spawnSync('tcpdump', ['--version']).status !== 0) return { stop: async () => null }
  const child = spawn('tcpdump', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  await waitUntil(() => said.includes('listening') || isOver(), 'tcpdump listens', READY_MS)
  return {
    stop: async () => {
      child.kill('SIGINT')
      await waitUntil(isOver, 'tcpdump ends', READY_MS)
      const { stdout } = spawnSync('tcpdump', ['-nn', '-r', file], {
        encoding: 'utf8',
        maxBuffer: MOST_BYTES,
      })
      return inPackets(stdout)
    },
  }
}

/** `… IP 127.0.0.1.44044 > 127.77.1.1.7811: Flags [S], …` */
function inPackets(text: string): (one: One) => boolean {
  const places = new Set<string>()
  for (const [, place, rest] of text.matchAll(/ > (\S+): (\w+)/g)) {
    places.add(`${rest === 'Flags' ? 'tcp' : 'udp'} ${place}`)
  }
  return ({ protocol, address, port }) => places.has(`${protocol} ${address}.${port}`)
}

/** `ss -tunap` once a second, as one would without this program. */
export function startSs(): Beside {
  const places = new Set<string>()
  const tool = findTool('ss')
  let isOver = tool === null
  const loop = (async () => {
    while (!isOver && tool !== null) {
      const { stdout } = spawnSync(tool, ['-Htunap'], { encoding: 'utf8', maxBuffer: MOST_BYTES })
      for (const line of stdout.split('\n')) learn(places, line)
      await delay(SS_INTERVAL_MS)
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await loop
      if (tool === null) return null
      return ({ protocol, address, port, pid }) =>
        places.has(`${protocol} ${address.includes(':') ? `[${address}]` : address}:${port} ${pid}`)
    },
  }
}

/** `tcp ESTAB 0 0 127.0.0.1:36922 127.77.1.1:7811 users:(("workload",pid=7,fd=3))` */
function learn(places: Set<string>, line: string): void {
  const [protocol, , , , , remote = ''] = line.split(/\s+/)
  const peer = remote.replace('[::ffff:', '').replace(/^(\d[\d.]+)\]/, '$1')
  for (const [, pid] of line.matchAll(/pid=(\d+)/g)) places.add(`${protocol} ${peer} ${pid}`)
}
