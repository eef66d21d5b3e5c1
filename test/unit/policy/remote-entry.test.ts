/** What is said of a decision about a server that nothing is judged of. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Decision, type DecisionTarget, decide } from '../../../daemon/policy/decide.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpw-remote-entry-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const WORDS = 'It is a remote server, which its client talks to itself: nothing of that is judged'
const ALLOW: Decision = { kind: 'allow', host: 'a.test', forMs: null }
const EXPECT: Decision = { kind: 'expect', words: ['local-only'] }
const MUTE: Decision = { kind: 'mute', finding: 'config-drift', forMs: null }

it.each([
  ['remote', ALLOW, true],
  ['remote', EXPECT, true],
  // Changes of its entry are told all the same.
  ['remote', MUTE, false],
  ['running', ALLOW, false],
  ['never-seen', EXPECT, false],
] as const)('of one that is %s: %j', async (state, decision, isSaid) => {
  const about: DecisionTarget = {
    name: 'lit',
    client: 'cursor',
    package: null,
    expectation: 'open',
    expectationSource: 'default',
    state,
    alone: true,
  }
  const place = { path: join(folder, 'policy.jsonc'), wallMs: () => 1_000 }
  const { message } = await decide(place, about, decision)
  expect(message).toContain('lit (cursor)')
  expect(message.includes(WORDS)).toBe(isSaid)
})
