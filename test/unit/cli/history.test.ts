import { describe, expect, it } from 'vitest'
import type { Archive } from '../../../cli/io.ts'
import { run } from '../../../cli/run.ts'
import { type History, historySchema } from '../../../shared/contract/history.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import { fakeIo } from './fake-io.ts'
import { minutesAgo, NOW, nowMs } from './sample.ts'

const missing = (): never => {
  throw new Error('the test did not expect this')
}

const notes: History['servers'][number] = {
  id: '0123456789abcdef',
  name: 'notes',
  client: 'cursor',
  source: '/home/me/.cursor/mcp.json',
  scope: 'user',
  configured: true,
  firstSeen: minutesAgo(600),
  entry: {
    transport: 'stdio',
    command: 'npx',
    package: 'npm notes-server',
    version: '1.3.0',
    url: null,
    disabled: false,
  },
  changes: [],
  truncated: false,
}

const changed = (
  over: Partial<History['servers'][number]['changes'][number]>,
): History['servers'][number]['changes'][number] => ({
  kind: 'changed',
  field: 'version',
  from: '1.2.0',
  to: '1.3.0',
  since: minutesAgo(30.5),
  at: minutesAgo(30),
  ...over,
})

const answer = (...servers: History['servers']): History => ({
  schemaVersion: 1,
  from: minutesAgo(60 * 24 * 365),
  to: NOW,
  servers,
})

/** An archive that has this answer, and what it was asked. */
function archive(given: History | Error, asked: unknown[] = []) {
  const openArchive = (): Archive => ({
    report: missing,
    servers: missing,
    findings: missing,
    finding: missing,
    history: (...words) => {
      asked.push(...words)
      if (given instanceof Error) throw given
      return given
    },
    close: () => undefined,
  })
  return { openArchive }
}

async function text(...servers: History['servers']): Promise<string> {
  const io = fakeIo(archive(answer(...servers)))
  expect(await run(['history', 'notes'], io)).toBe(0)
  return io.written().out
}

describe('history', () => {
  it('asks for a year of all servers of a name, or for what is said', async () => {
    const asked: unknown[] = []
    await run(['history', 'notes'], fakeIo(archive(answer(notes), asked)))
    await run(
      ['history', 'notes', '--since', '1h', '--client', 'cursor'],
      fakeIo(archive(answer(notes), asked)),
    )
    expect(asked).toEqual([
      { from: nowMs - 365 * 86_400_000, to: nowMs },
      { server: 'notes' },
      { from: nowMs - 3_600_000, to: nowMs },
      { server: 'notes', client: 'cursor' },
    ])
  })

  it('says what is declared, since when, and that nothing changed', async () => {
    const out = await text(notes)
    expect(out).toMatch(
      /^notes \(cursor\)\n {2}declared in \/home\/me\/.cursor\/mcp.json \(user\)\n/,
    )
    expect(out).toContain('first seen ')
    expect(out).toContain('  runs npx: npm notes-server 1.3.0\n')
    expect(out).toContain('  no change since then')
    const old = await text({ ...notes, firstSeen: minutesAgo(60 * 24 * 366) })
    expect(old).toMatch(/no change since \d/)
    expect(await text({ ...notes, firstSeen: null, entry: null })).toContain('not compared yet')
  })

  it.each([
    [{}, 'version: 1.2.0 → 1.3.0'],
    [{ field: 'package', to: null }, 'package: 1.2.0 → none, or not shown'],
    [{ field: 'command', from: 'sh', to: 'sh' }, 'command: another sh'],
    [
      { field: 'url', from: 'http://a:80', to: 'http://b:80' },
      'address: http://a:80 → http://b:80',
    ],
    [{ field: 'arguments', from: null, to: null }, 'other arguments'],
    [{ field: 'switch', from: 'on', to: 'off' }, 'switched off'],
    [{ kind: 'added', field: null, from: null, to: 'npx: npm x' }, 'added: npx: npm x'],
    [{ kind: 'removed', field: null, from: null, to: null }, 'removed'],
  ] as const)('tells %o in words', async (over, words) => {
    const out = await text({ ...notes, changes: [changed(over)] })
    expect(out.split('\n').map((line) => line.trim())).toContain(words)
    expect(out).not.toContain('between')
  })

  it('tells the time between two looks, of servers that are gone, and where there was more', async () => {
    const gone = {
      ...notes,
      configured: false,
      entry: { ...notes.entry, transport: 'http', url: 'https://a:443', disabled: true } as never,
      changes: [changed({ since: minutesAgo(300) })],
      truncated: true,
    }
    const out = await text(gone, { ...notes, firstSeen: null, entry: null, configured: false })
    expect(out).toMatch(/ {2}between .* and .*\n {4}version/)
    expect(out).toContain('was reached at https://a:443, switched off')
    expect(out).toContain('no longer configured')
    expect(out).toContain('earlier changes are left out')
    expect(out).toContain('gone before configurations were compared')
  })

  it('shows nothing that a terminal could obey', async () => {
    const hostile = `\u001b[2J\u202e${'x'.repeat(200)}\u0007`
    const out = await text({
      ...notes,
      name: hostile,
      client: hostile,
      source: hostile,
      scope: hostile,
      entry: null,
      changes: [changed({ from: hostile, to: hostile }), changed({ kind: 'added', to: hostile })],
    })
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u)
  })

  it('prints JSON as the contract has it, and ends with 2 for a server that nobody knows', async () => {
    const io = fakeIo(archive(answer(notes)))
    expect(await run(['history', 'notes', '--json'], io)).toBe(0)
    expect(historySchema.parse(JSON.parse(io.written().out))).toEqual(answer(notes))
    const unknown = new McpWatchError('UNKNOWN_SERVER', 'no such server is known')
    const other = fakeIo(archive(unknown))
    expect(await run(['history', 'nobody'], other)).toBe(2)
    expect(other.written().err).toContain('no such server')
  })
})
