import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderBeginning, renderEvent, renderLive } from '../../../cli/render/live.ts'
import { renderStatus } from '../../../cli/render/status.ts'
import { createStyle } from '../../../cli/render/style.ts'
import { width } from '../../../cli/render/text.ts'
import type { ServerState } from '../../../shared/contract/common.ts'
import { finding, NOW, nowMs, status, statusServer } from './sample.ts'

const PLAIN = { style: createStyle(false), columns: 120 }

describe('renderLive', () => {
  it('shows a row a server: state, verdict, connections, processor, memory, last finding', () => {
    const [, head, row] = renderLive(status(), { ...PLAIN, rows: 24 }, nowMs).split('\n')
    expect(head?.split(/ {2,}/)).toEqual([
      'SERVER',
      'CLIENT',
      'STATE',
      'VERDICT',
      'CONN',
      'CPU',
      'MEMORY',
      'LAST FINDING',
    ])
    expect(row?.split(/ {2,}/)).toEqual([
      'memory',
      'cursor',
      'running',
      '1 unexpected',
      '1',
      '1.3%',
      '69 MB',
      'high 203.0.113.10:443 tcp, 1 m ago',
    ])
  })

  it('shows below a row what to do: read what is unexpected, settle what is unknown', () => {
    const rowsOf = (rows: number, columns = 120): string =>
      renderLive(status(), { ...PLAIN, columns, rows }, nowMs)
    expect(rowsOf(24)).toContain('\n  ↳ mcp-watch findings ffff000011112222\n')
    expect(rowsOf(24, 30)).toContain('\n  ↳ mcp-watch report\n')
    expect(rowsOf(6)).not.toContain('↳')
  })

  it('shows what is unknown before what is quiet, and always with its command', () => {
    const quiet = ['a', 'b', 'c', 'd'].map((name) => ({ name, verdicts: [0, 0], settle: null }))
    const unknown = { name: 'z', verdicts: [0, 1], settle: 'mcp-watch allow z 203.0.113.9:443' }
    const unexpected = { name: 'y', verdicts: [1, 0], settle: 'mcp-watch allow y 203.0.113.9:80' }
    const servers = [...quiet, unknown, unexpected].map(({ name, verdicts, settle }) =>
      statusServer({ name, settle, unexpected: verdicts[0] ?? 0, unknown: verdicts[1] ?? 0 }),
    )
    const firsts = (rows: number): (string | undefined)[] =>
      renderLive(status({ servers }), { ...PLAIN, rows }, nowMs)
        .split('\n')
        .slice(2, -1)
        .map((line) => line.trim().split(/ {2,}|: /)[0])
    expect(firsts(9)).toEqual(['y', 'z', '↳ mcp-watch allow z 203.0.113.9:443', 'a', 'and 3 more'])
    expect(firsts(13)).toHaveLength(8)
  })

  it('groups the copies of a server and adds up what they use', () => {
    const [one] = statusServer().instances
    const servers = [statusServer({ instances: [one, one].flatMap((each) => each ?? []) })]
    const text = renderLive(status({ servers }), { ...PLAIN, rows: 24 }, nowMs)
    expect(text).toContain('running ×2')
    expect(text).toContain('138 MB')
  })

  it.each<[states: readonly ServerState[], foot: string]>([
    [[], '0 of 0 servers running · 0 connections now'],
    [['running', 'orphaned', 'ended'], '2 of 3 servers running · 0 connections now'],
    [['running', 'remote', 'remote'], '1 of 1 server running · 2 remote · 0 connections now'],
    [['never-seen', 'in-client'], '0 of 1 server running · 1 inside a client · 0 connections now'],
    [['remote'], '1 remote · 0 connections now'],
  ])('counts of %j those that can run here: %s', (states, foot) => {
    const runs: readonly ServerState[] = ['running', 'orphaned']
    const servers = states.map((state) => {
      const server = statusServer({ state, openConnections: 0 })
      return runs.includes(state) ? server : { ...server, instances: [] }
    })
    const last = renderLive(status({ servers }), { ...PLAIN, rows: 24 }, nowMs)
      .split('\n')
      .at(-1)
    expect(last?.startsWith(`${foot} · `)).toBe(true)
  })

  it('keeps to any terminal, the most important rows in sight', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 40 })
    const row = fc.record({ name, client: name, unexpected: fc.nat(2) })
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 30 }),
        fc.integer({ min: 30, max: 200 }),
        fc.integer({ min: 8, max: 60 }),
        (rows, columns, height) => {
          const servers = rows.map((each) => statusServer(each))
          const look = { style: createStyle(true), columns, rows: height }
          const lines = stripVTControlCharacters(
            renderLive(status({ servers }), look, nowMs),
          ).split('\n')
          expect(lines.length).toBeLessThan(height)
          for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns)
          const worst = rows.filter(({ unexpected }) => unexpected > 0).length
          const shown = lines.filter((line) => /[12] unexpected/.test(line)).length
          if (columns >= 60) expect(shown).toBe(Math.min(worst, Math.max(1, height - 5)))
        },
      ),
    )
  })
})

describe('renderBeginning', () => {
  const beginning = {
    status: status({ configurations: [], servers: [] }),
    logFile: '/home/dev/.local/state/mcp-watch/log',
    whereabouts: { tcp: { port: 6279, moved: false }, notice: null },
    clients: [
      { name: 'Cursor', paths: ['/home/dev/.cursor/mcp.json'] },
      { name: 'Codex', paths: ['/home/dev/.codex/config.toml'] },
    ],
    verbose: false,
  }
  it('lists the clients it knows where nothing is configured, and says that it goes on', () => {
    const text = renderBeginning(beginning, PLAIN)
    expect(text).toContain('  Cursor, Codex.\n')
    expect(text).not.toContain('config.toml')
    expect(text).toContain('goes on watching')
    expect(renderBeginning({ ...beginning, verbose: true }, PLAIN)).toContain('.codex/config.toml')
  })
  it('names the configurations and the way of looking', () => {
    const text = renderBeginning({ ...beginning, status: status() }, PLAIN)
    expect(text).toContain('Configurations of cursor (1 server)')
    expect(text).toContain('With ss every 1 s')
    expect(text).not.toContain('Codex')
  })
})

describe('renderEvent', () => {
  it('writes findings and gaps above the table, and leaves to the table what it shows', () => {
    const told = renderEvent({ event: 'finding', time: NOW, finding: finding() }, PLAIN)
    expect(told).toContain('HIGH  memory (cursor): 203.0.113.10:443 tcp')
    const gap = renderEvent({ event: 'gap', time: NOW, reason: `sleep since ${NOW}` }, PLAIN)
    expect(gap).toContain('this machine was asleep (since ')
    expect(renderEvent({ event: 'gap', time: NOW, reason: 'toString since' }, PLAIN)).toContain(
      'toString since',
    )
    expect(renderEvent({ event: 'stopped', time: NOW, reason: 'signal' }, PLAIN)).toBeNull()
  })
})

describe('renderStatus', () => {
  it('names files, faults of files and of the daemon, and another version', () => {
    const diagnostics = [
      { client: 'codex', file: '/home/dev/c.toml', line: 3, column: 7, message: 'a key twice' },
    ]
    const daemon = { ...status().daemon, status: 'not-storing' as const }
    const text = renderStatus(status({ daemon, diagnostics }), PLAIN, nowMs, '0.2.0')
    expect(text).toContain('running as process 777')
    expect(text).toContain('cursor: /home/dev/.cursor/mcp.json (1 server)')
    expect(text).toContain('/home/dev/c.toml:3:7: a key twice (codex)')
    expect(text).toContain('The database cannot be written')
    expect(text).toContain('This program is version 0.2.0')
  })
})
