/** The demo, as a user runs it, and with its connection switched off. It needs nothing of this machine but its engine. */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startCli } from '../helpers/cli.ts'
import { filesBelow, type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'

const WITHIN_MS = 15_000
const MOST_RUNS = 4

let home: TempHome

beforeEach(() => {
  home = tempHome()
})

afterEach(() => home.remove())

/** Nothing is kept: neither in the home folder nor in the folder for temporary files. */
function expectNothingLeft(): void {
  expect(readdirSync(home.env['TMPDIR'] ?? '')).toEqual([])
  expect(filesBelow(home.path).map(({ path }) => path)).toEqual([])
}

it('flags the server that connects, not the other one, within 15 s, and leaves nothing behind', async () => {
  // The best of some: the tests share their machine with others.
  let leastMs = Number.POSITIVE_INFINITY
  for (let runs = 0; runs < MOST_RUNS && leastMs >= WITHIN_MS; runs += 1) {
    const before = performance.now()
    const run = startCli(['demo'], home.env)
    expect(await run.ended(60_000), run.stdout + run.stderr).toBe(0)
    leastMs = Math.min(leastMs, performance.now() - before)
    expect(run.stderr).toBe('')
    const port = /connects to 127\.0\.0\.1:(\d+)/.exec(run.stdout)?.[1]
    expect(run.stdout).toMatch(
      new RegExp(`LOW +demo-sneaky \\(cursor\\): 127\\.0\\.0\\.1:${port} tcp`),
    )
    expect(run.stdout).not.toMatch(/(LOW|MEDIUM|HIGH) +demo-quiet/)
    expect(run.stdout).toContain('It works here')
    expectNothingLeft()
  }
  expect(leastMs).toBeLessThan(WITHIN_MS)
})

it('reports nothing when the connection is switched off', async () => {
  const script = join(import.meta.dirname, '../helpers/demo-behaved.mjs')
  const child = spawn(process.execPath, [script], { env: home.env, cwd: home.path })
  let [out, err] = ['', '']
  child.stdout.on('data', (part) => {
    out += String(part)
  })
  child.stderr.on('data', (part) => {
    err += String(part)
  })
  await waitFor(() => child.exitCode !== null, { what: () => err, deadlineMs: 60_000 })
  const told = JSON.parse(out) as Record<string, unknown>
  expect(told).toMatchObject({ fault: null, flagged: [] })
  expect(told['noticed']).toEqual(expect.arrayContaining(['demo-quiet', 'demo-sneaky']))
  expect(told['events']).not.toContain('finding')
  expectNothingLeft()
})

it('ends with 4 and cleans up when it is interrupted', async () => {
  const run = startCli(['demo'], home.env)
  await waitFor(() => run.stdout.includes('demo-sneaky'), {
    what: () => `the demo begins (${run.stderr})`,
    deadlineMs: 30_000,
  })
  run.child.kill('SIGINT')
  expect(await run.ended(30_000)).toBe(4)
  expect(run.stderr).toContain('ended before it could tell')
  expectNothingLeft()
})
