import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lookAgain, type TrackedFile } from '../../../daemon/discover/tracked-file.ts'
import { own, setting } from './setting.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-watch-tracked-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Looks at `monotonicMs`, reading taking `cost` ms. The file's age by the wall clock is five seconds. */
function look(before: TrackedFile | null, monotonicMs: number, cost = 0): TrackedFile | null {
  let calls = 0
  const elapsedMs = (): number => calls++ * cost
  const candidate = { ...own('cursor', 'mcp.json'), path: join(folder, 'mcp.json') }
  const now = { wallMs: Date.now() + 5000, monotonicMs, elapsedMs }
  return lookAgain(candidate, before, now, setting)
}
const save = (name: string): void =>
  writeFileSync(join(folder, 'mcp.json'), `{"mcpServers": {"${name}": {"command": "x"}}}`)
const names = (file: TrackedFile | null): unknown =>
  file?.config?.servers.map(({ server }) => server.name)

it('leaves a file that is slow to read alone for a while', () => {
  save('one')
  const first = look(null, 0, 500)
  save('second')
  expect(names(look(first, 10_000, 500))).toEqual(['one'])
  expect(names(look(first, 10_501))).toEqual(['second'])
})

it('reads a quick one again at the next look', () => {
  save('one')
  const first = look(null, 0, 45)
  save('second')
  expect(names(look(first, 1000))).toEqual(['second'])
})

it('does not read what did not change', () => {
  save('one')
  const first = look(null, 0)
  expect(look(first, 60_000)).toBe(first)
})

it('takes a file for removed at the second look only', () => {
  save('one')
  const first = look(null, 0)
  rmSync(join(folder, 'mcp.json'))
  const missing = look(first, 1000)
  expect([missing?.missing, names(missing)]).toEqual([true, ['one']])
  expect(look(missing, 1250)).toBeNull()
  save('back')
  expect(names(look(missing, 1250))).toEqual(['back'])
})
