import { describe, expect, it } from 'vitest'
import { createByteCounts } from '../../../daemon/capture/sock-diag/byte-counts.ts'
import type { DiagRow } from '../../../daemon/capture/sock-diag/diag-row.ts'
import type { SockDiag } from '../../../daemon/capture/sock-diag/dump.ts'
import { createSpace, type Space } from '../../../daemon/capture/sock-diag/space.ts'
import type { ProcessKey } from '../../../shared/model/ids.ts'

const rowOf = (n: number): DiagRow => ({
  protocol: 'tcp',
  state: 'established',
  local: { address: '192.0.2.1', port: 1 + n, zone: null },
  remote: { address: '203.0.113.9', port: 443, zone: null },
  inode: 1_000 + n,
  uid: 1000,
  cookie: n.toString(16),
  cgroupId: null,
  bytes: null,
})

/** A namespace where a watched process holds so many connections; `asked` is told of each question. */
function holding(count: number, asked: (cookie: string) => void): Space {
  const rows = Array.from({ length: count }, (_, n) => rowOf(n))
  const diag: SockDiag = {
    dump: () => ({ complete: true, rows, known: 0, skipped: 0, failure: null }),
    info(row) {
      asked(row.cookie)
      return { ...row, bytes: { sent: 1, received: 2 } }
    },
    packets: () => new Set(),
    close() {},
  }
  const space = createSpace('net:[1]', diag, null)
  space.dump({ at: 0, suspected: true })
  const holder = { process: 'test:7:0:0' as ProcessKey, pid: 7 }
  space.ledger.resolve(new Map(rows.map(({ inode }) => [inode ?? 0, [holder]])))
  return space
}

describe('byte counts', () => {
  it('of many sockets are asked for in parts, each socket once before any is asked for again', () => {
    const asked: string[] = []
    const space = holding(1_200, (cookie) => asked.push(cookie))
    const counts = createByteCounts()
    const askedAt = (ms: number): number => {
      const before = asked.length
      counts.refresh([space], ms)
      return asked.length - before
    }
    expect([0, 100, 1_000, 2_000, 3_000].map(askedAt)).toEqual([500, 0, 500, 200, 0])
    expect(new Set(asked).size).toBe(1_200)
    const { rows } = space.ledger.take()
    expect(rows.every(({ bytes }) => bytes?.sent === 1)).toBe(true)
    expect([9_999, 10_000].map(askedAt)).toEqual([0, 500])
    expect(asked.slice(1_200)).toEqual(asked.slice(0, 500))
  })

  it('are not asked for where the namespace was left meanwhile', () => {
    let asked = 0
    const space = holding(600, () => {
      asked += 1
    })
    const counts = createByteCounts()
    counts.refresh([space], 0)
    counts.refresh([], 1_000)
    expect(asked).toBe(500)
  })
})
