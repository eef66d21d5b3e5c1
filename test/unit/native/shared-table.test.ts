import { expect, it } from 'vitest'
import { loadNative } from '../../../daemon/native/load.ts'
import { createSharesTable } from '../../../daemon/native/shared-table.ts'

const libc = (order: number): Parameters<typeof createSharesTable>[0] =>
  ({ syscall: () => order }) as unknown as Parameters<typeof createSharesTable>[0]

it('takes any order but 0 for another table, and a refusal for no answer', () => {
  const answers = [0, 1, 2, 3, -1].map((order) => createSharesTable(libc(order), 'x64')(1, 2))
  expect(answers).toEqual([true, false, false, false, null])
  expect(createSharesTable(libc(0), 's390x')(1, 2)).toBe(null)
})

it.skipIf(process.platform !== 'linux')('tells our own table from that of our parent', async () => {
  const loaded = await loadNative()
  if (!loaded.ok) return expect(loaded.reason).not.toBe('libc-unsupported')
  // Where a container refuses the call there is no answer, and never a wrong one.
  const { native } = loaded
  expect([true, null]).toContain(native.sharesTable(process.pid, process.pid))
  expect([false, null]).toContain(native.sharesTable(process.pid, process.ppid))
  expect(native.sharesTable(process.pid, 4_194_305)).toBe(null)
})
