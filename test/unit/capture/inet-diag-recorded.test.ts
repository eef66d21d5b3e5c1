/** Messages as a real kernel wrote them, in a private network: one connection, a dual-stack listener, UDP, their ends. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readEvents } from '../../../daemon/capture/sock-diag/destroy-events.ts'
import type { DiagRow } from '../../../daemon/capture/sock-diag/diag-row.ts'
import { createSockDiag } from '../../../daemon/capture/sock-diag/dump.ts'
import { exactRequest } from '../../../daemon/capture/sock-diag/inet-diag-requests.ts'
import { fakeSocket, numbered } from './inet-diag-bytes.ts'

const FILE = join(import.meta.dirname, '../../fixtures/sock-diag/linux-6.18.json')
const { messages } = JSON.parse(readFileSync(FILE, 'utf8')) as {
  messages: Readonly<Record<string, string>>
}
const recorded = (name: string): Uint8Array =>
  Uint8Array.from(Buffer.from(messages[name] ?? '', 'hex'))

/** What a list says whose TCP part is this one message; a row of UDP comes with IPv6. */
function listed(name: string, udp: boolean): readonly DiagRow[] {
  const socket = fakeSocket((sequence, sent) => {
    const fits = udp ? sent[16] === 10 && sent[17] === 17 : sent[4] === 18
    const rows = fits ? [numbered(recorded(name), sequence)] : []
    return [...rows, numbered(recorded('done'), sequence)]
  })
  const { rows, complete, skipped } = createSockDiag({ socket, interfaceName: () => null }).dump()
  expect({ complete, skipped }).toEqual({ complete: true, skipped: 0 })
  return rows
}

const end = (address: string, port: number): object => ({ address, port, zone: null })
const client = end('203.0.113.20', 40_001)
const server = end('203.0.113.10', 8_443)

describe('rows of Linux 6.18', () => {
  it.each([
    [
      'established',
      false,
      {
        protocol: 'tcp',
        state: 'established',
        local: client,
        remote: server,
        uid: 0,
        inode: 3_451_721,
        cookie: 'bbc0',
        cgroupId: 1,
        bytes: { sent: 1_234, received: 4_321 },
      },
    ],
    [
      'dualListener',
      false,
      { state: 'listen', local: end('::', 8_080), remote: null, bytes: null },
    ],
    [
      'mapped',
      false,
      { local: end('203.0.113.10', 8_080), remote: end('203.0.113.20', 40_002), uid: 0 },
    ],
    [
      'timeWait',
      false,
      { state: 'time-wait', local: client, remote: server, uid: null, inode: null, cookie: 'bbc0' },
    ],
    [
      'udpConnected',
      true,
      { protocol: 'udp', state: 'connected', local: end('::1', 5_353), remote: end('::1', 53) },
    ],
  ])('%s', (name, udp, expected) => {
    expect(listed(name, udp)).toEqual([expect.objectContaining(expected)])
  })

  it('a socket that is not there', () => {
    const [row] = listed('established', false)
    const socket = fakeSocket((sequence) => [numbered(recorded('notFound'), sequence)])
    const diag = createSockDiag({ socket, interfaceName: () => null })
    expect(row === undefined ? 'no row' : diag.info(row)).toBeNull()
    expect(row === undefined ? null : exactRequest(row, 0)?.length).toBe(72)
  })
})

describe('ends told by Linux 6.18', () => {
  it.each([
    [
      'endAccepted',
      {
        protocol: 'tcp',
        state: 'closing',
        local: server,
        remote: client,
        // 1,234 bytes, and the FIN.
        bytes: { sent: 4_321, received: 1_235 },
      },
    ],
    ['endAborted', { protocol: 'tcp', remote: null, cookie: 'bbc2', bytes: null }],
    ['endUdp', { protocol: 'udp', state: 'connected', remote: end('::1', 53), bytes: null }],
  ])('%s', (name, expected) => {
    const bytes = recorded(name)
    const rows: DiagRow[] = []
    readEvents(new DataView(bytes.buffer), bytes.length, () => '?', rows)
    expect(rows).toEqual([expect.objectContaining(expected)])
  })
})
