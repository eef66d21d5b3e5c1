/** Three ways to list the same sockets (netlink, ss, /proc/net) while others come and go: none may differ or lack one. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'
import { afterAll, describe, expect, it } from 'vitest'
import { parseProcNet } from '../../daemon/capture/proc-net.ts'
import { findTool } from '../../daemon/capture/run-tool.ts'
import { createSockDiag, NETLINK_SOCK_DIAG } from '../../daemon/capture/sock-diag/dump.ts'
import { parseSs } from '../../daemon/capture/ss/parse.ts'
import { loadNative } from '../../daemon/native/load.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import { expectedOf, startChild, textOf } from './capture-helpers.ts'

const loaded = await loadNative()
const ss = findTool('ss')
const ROUNDS = 15

/** Connections of 0 to 4 ms, several at once, and datagram sockets, until its input ends. Reset: none waits a minute. */
const CHURN = `
const net = require('node:net'), dgram = require('node:dgram')
process.stdin.resume().on('end', () => process.exit())
const server = net.createServer((s) => s.resume().on('error', () => {})).listen(0, '127.0.0.1', () => {
  const { port } = server.address()
  const next = () => {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {}).on('close', () => setTimeout(next, 3))
    setTimeout(() => socket.resetAndDestroy(), Math.random() * 4)
    const udp = dgram.createSocket('udp4').bind(0, '127.0.0.1', () => setTimeout(() => udp.close(), 2))
  }
  for (let i = 0; i < 4; i += 1) next()
  console.log('ready')
})`

const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children) {
    const ended = once(child, 'exit')
    child.stdin?.end()
    await ended
  }
})

async function startChurn(): Promise<void> {
  const stdio = ['pipe', 'pipe', 'inherit'] as const
  const child = spawn(process.execPath, ['-e', CHURN], { stdio: [...stdio] })
  children.push(child)
  if (child.stdout !== null) await once(child.stdout, 'data')
}

type Listed = ReadonlyMap<number, string>

/** Sockets that a process holds, by inode: protocol, state, both ends and whose it is. */
function listed(rows: readonly Omit<SocketRow, 'cgroup' | 'holders' | 'cookie'>[]): Listed {
  return new Map(
    rows.flatMap((row) => {
      const text = textOf({ ...row, cgroup: null, holders: [], cookie: null })
      return row.inode === null ? [] : [[row.inode, `${text} uid ${row.uid}`] as const]
    }),
  )
}

function bySs(): Listed {
  const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
  return listed(parseSs(execFileSync(ss ?? 'ss', ['-tunaeHO'], options)).rows)
}

function byProc(): Listed {
  const parts = (['tcp', 'udp'] as const).flatMap((protocol) =>
    [protocol, `${protocol}6`].flatMap((name) => {
      const text = readFileSync(`/proc/self/net/${name}`, 'latin1')
      return parseProcNet(text, protocol, endianness() === 'LE').rows
    }),
  )
  return listed(parts)
}

/** What was so before and after must have been so between: as text, so that a difference shows what it is. */
function lasting(before: Listed, after: Listed): readonly string[] {
  return [...before].flatMap(([inode, text]) =>
    after.get(inode) === text ? [`${inode} ${text}`] : [],
  )
}

function found(rows: readonly string[], among: Listed): readonly string[] {
  return rows.map((row) => {
    const inode = Number(row.split(' ')[0])
    return `${inode} ${among.get(inode)}`
  })
}

const missing = !loaded.ok || ss === null || process.platform !== 'linux'
describe.skipIf(missing)('sock_diag, ss and /proc/net (needs koffi and ss, on Linux)', () => {
  it('list the same sockets while others come and go', async () => {
    if (!loaded.ok) return
    const { native } = loaded
    const socket = native.netlink(NETLINK_SOCK_DIAG)
    const diag = createSockDiag({ socket, interfaceName: (index) => native.interfaceName(index) })
    const byDiag = (): Listed => listed(diag.dump().rows)
    const child = await startChild()
    await startChurn()
    try {
      const everSeen = new Set<number>()
      for (let round = 0; round < ROUNDS; round += 1) {
        const diag1 = byDiag()
        const ss1 = bySs()
        const proc = byProc()
        const diag2 = byDiag()
        const ss2 = bySs()
        const inDiag = lasting(diag1, diag2)
        const inSs = lasting(ss1, ss2)
        expect(found(inDiag, ss1)).toEqual(inDiag)
        expect(found(inDiag, proc)).toEqual(inDiag)
        expect(found(inSs, diag2)).toEqual(inSs)
        for (const inode of diag1.keys()) everSeen.add(inode)
        if (round > 0) continue
        const texts = inDiag.map((row) => row.replace(/^\d+ | uid \d+$/g, ''))
        expect(texts).toEqual(expect.arrayContaining(expectedOf(child.report)))
      }
      // There was something that came and went, else nothing was proved.
      expect(everSeen.size).toBeGreaterThan(byDiag().size + ROUNDS)
    } finally {
      diag.close()
      await child.end()
    }
  })
})
