import { describe, expect, it } from 'vitest'
import type { DiagRow } from '../../../daemon/capture/sock-diag/diag-row.ts'
import { createLedger } from '../../../daemon/capture/sock-diag/ledger.ts'

const waiting = (cookie: number): DiagRow => ({
  protocol: 'tcp',
  state: 'time-wait',
  local: { address: '127.0.0.1', port: 40_000 + cookie, zone: null },
  remote: { address: '203.0.113.9', port: 443, zone: null },
  inode: null,
  uid: null,
  cookie: cookie.toString(16),
  cgroupId: null,
  bytes: null,
})

describe('a ledger that begins', () => {
  it('does not count what was over before, and counts what has ended since', () => {
    const ledger = createLedger()
    const at = (ms: number, complete: boolean) => ({ at: ms, complete, suspected: true })
    // A dump that was interrupted is no beginning: others may wait too.
    ledger.fold([waiting(1)], at(0, false))
    ledger.fold([waiting(1), waiting(2)], at(20, true))
    ledger.fold([waiting(3)], at(60_000, true))
    for (let i = 0; i < 8; i += 1) ledger.fold([], at(120_000 + i, true))
    expect(ledger.take()).toEqual({ rows: [], others: { foreign: 0, unknown: 1 } })
  })
})
