import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createForks, parseLastPid } from '../../../daemon/processes/forks.ts'

const procRoot = mkdtempSync(join(tmpdir(), 'mcpw-forks-'))
afterAll(() => rmSync(procRoot, { recursive: true, force: true }))

it.each([
  ['0.20 0.18 0.12 1/80 11206\n', 11_206],
  ['', null],
  ['0.20 0.18 0.12 1/80', null],
  ['0.20 0.18 0.12 1/80 -1\n', null],
])('reads the pid given last in %j', (text, pid) => {
  expect(parseLastPid(text)).toBe(pid)
})

it('says once that something was started, and always where it cannot be told', () => {
  const now = { ms: 0 }
  const forks = createForks({ procRoot, clock: { monotonicMs: () => now.ms } })
  const at = (ms: number): boolean => {
    now.ms = ms
    return forks.happened()
  }
  expect([at(0), at(500)]).toEqual([true, true])
  writeFileSync(join(procRoot, 'loadavg'), '0 0 0 1/2 10\n')
  expect([at(1_000), at(1_500)]).toEqual([true, false])
  writeFileSync(join(procRoot, 'loadavg'), '0 0 0 1/2 11\n')
  expect([at(1_600), at(2_000), at(2_500)]).toEqual([false, true, false])
})

it.skipIf(process.platform !== 'linux')('hears of a process that is started', () => {
  const now = { ms: 0 }
  const forks = createForks({ clock: { monotonicMs: () => now.ms } })
  forks.happened()
  expect(spawnSync('true').status).toBe(0)
  now.ms = 500
  expect(forks.happened()).toBe(true)
})
