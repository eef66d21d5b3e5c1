/** Kernels without lists of children (no CONFIG_PROC_CHILDREN): a folder stands for their /proc. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createChildren } from '../../../daemon/processes/children.ts'
import { createFamily } from '../../../daemon/processes/family.ts'
import { printStat } from './fake-proc.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mcpw-children-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function add(pid: number, ppid: number): void {
  mkdirSync(join(root, String(pid)))
  writeFileSync(join(root, String(pid), 'stat'), printStat({ pid, ppid, comm: ') S 10 (' }))
}

it('without lists of children the new processes are asked for their parents', () => {
  const family = createFamily()
  family.watch([10])
  const children = createChildren({ procRoot: root, clock: { monotonicMs: () => 0 }, family })
  add(10, 1)
  add(20, 1)
  expect(children.look([10])).toBe(0)
  // The grandchild has the smaller number.
  add(31, 10)
  add(30, 31)
  add(40, 20)
  mkdirSync(join(root, '50'))
  expect(children.look([])).toBe(0)
  expect(children.look([10])).toBe(2)
  expect(family.take().look).toEqual([
    { pid: 31, parent: 10 },
    { pid: 30, parent: 31 },
  ])
  expect(children.look([10])).toBe(0)
})
