/** Rows of the kernel’s list, and who holds them, for the ledger. */
import type { DiagRow } from '../../../daemon/capture/sock-diag/diag-row.ts'
import type { Holder } from '../../../shared/model/observation.ts'

export const end = (port: number, address = '127.0.0.1') => ({ address, port, zone: null })

export function row(cookie: number, over: Partial<DiagRow> = {}): DiagRow {
  return {
    protocol: 'tcp',
    state: 'established',
    local: end(40_000 + cookie),
    remote: end(443, '203.0.113.9'),
    inode: 1_000 + cookie,
    uid: 1000,
    cookie: cookie.toString(16),
    cgroupId: null,
    bytes: null,
    ...over,
  }
}

export const holder: Holder = { process: 'boot:7:1:0' as Holder['process'], pid: 7 }
export const heldBy = (...inodes: number[]) => new Map(inodes.map((inode) => [inode, [holder]]))
export const at = (ms: number, suspected = true, complete = true) => ({
  at: ms,
  suspected,
  complete,
})
