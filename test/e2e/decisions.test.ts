/** What a server may do is not the server's to decide: real processes, the built program. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'

const HELPERS = join(import.meta.dirname, '../helpers')

let home: TempHome
let started: ChildProcess[]

beforeEach(() => {
  home = tempHome()
  started = []
})

afterEach(() => {
  for (const child of started) child.kill('SIGKILL')
  home.remove()
})

async function answerOf(helper: string, declared: boolean): Promise<string> {
  const answer = home.join('answer')
  const args = [join(HELPERS, helper), answer]
  const mcpServers = declared ? { decider: { command: process.execPath, args } } : {}
  home.write('.cursor/mcp.json', JSON.stringify({ mcpServers }))
  started.push(spawn(process.execPath, args, { env: home.env, cwd: home.path }))
  const complete = (): string => (existsSync(answer) ? readFileSync(answer, 'utf8') : '')
  return await waitFor(() => complete() || null, { what: 'an answer', deadlineMs: 15_000 })
}

it('is refused below a configured server', async () => {
  expect(await answerOf('deciding-server.mjs', true)).toBe('DECISION_REFUSED')
})

it('is accepted from the same processes where no client declares them', async () => {
  expect(await answerOf('deciding-server.mjs', false)).toBe('allowed')
})
