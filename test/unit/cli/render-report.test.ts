import { describe, expect, it } from 'vitest'
import { watchedOf } from '../../../cli/render/coverage.ts'
import { renderReport, renderScan } from '../../../cli/render/report.ts'
import { renderServerList } from '../../../cli/render/servers.ts'
import { createStyle } from '../../../cli/render/style.ts'
import { reportSchema } from '../../../shared/contract/report.ts'
import { formatHostRule } from '../../../shared/policy/host-rule.ts'
import { LAN_RULES } from '../../../shared/policy/match-host.ts'
import { destination, finding, minutesAgo, NOW, report, server } from './sample.ts'

const PLAIN = { style: createStyle(false), columns: null }

describe('renderReport', () => {
  it('says what was watched before it says what was found', () => {
    expect(reportSchema.safeParse(report()).success).toBe(true)
    const text = renderReport(report(), PLAIN)
    expect(text).toContain('Watched 23 h 10 m of 24 h.')
    expect(text).toContain('With ss every 1 s: a connection shorter than about 1 s can be missed')
    expect(text).toContain('(50 m): this machine was asleep.')
    expect(text).toContain('3 of MCP servers, 120 of other programs (not kept), 2 whose owner')
    expect(text).toContain('What was not seen may have happened all the same.')
    expect(text.indexOf('Watched')).toBeLessThan(text.indexOf('Findings (1)'))
  })

  it('shows a finding with its evidence and its explanation', () => {
    const text = renderReport(report(), PLAIN)
    expect(text).toContain('HIGH  memory (cursor): 203.0.113.10:443 tcp')
    expect(text).toContain('The memory server connected to a public address.')
    expect(text).toContain('by process 4242 (server, /usr/bin/node)')
    expect(text).toContain('3 times · finding ffff000011112222')
  })

  it('does not say of a connection on this machine that it left it', () => {
    const destinations = [destination({ address: '127.0.0.1', scope: 'loopback' })]
    const text = renderReport(report({ servers: [server({ destinations })] }), PLAIN)
    expect(text).toContain('127.0.0.1:443 tcp  unexpected')
    expect(text).not.toContain('it left this machine')
  })

  it('lists destinations, what matters most first, with the reason of the verdict', () => {
    const expected = destination({
      address: '::1',
      port: 5432,
      scope: 'loopback',
      verdict: 'expected',
      reason: 'loopback',
      names: [{ name: 'postgres', source: 'listener', at: NOW }],
      lastSeen: NOW,
    })
    const udp = destination({
      protocol: 'udp',
      verdict: 'unknown',
      reason: 'process-unreadable',
      outcomes: { addressed: 2 },
      owners: [],
      candidates: [{ pid: 9, role: 'child', executable: null }],
    })
    const servers = [server({ destinations: [expected, udp, destination()] })]
    const text = renderReport(report({ servers }), PLAIN)
    const order = ['tcp  unexpected', 'udp  unknown', '[::1]:5432 tcp  expected']
    const places = order.map((part) => text.indexOf(part))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(text).toContain(
      'public: it left this machine, and this server is expected to stay on it',
    )
    expect(text).toContain('named postgres (what listens there)')
    expect(text).toContain('2 addressed (sending not seen)')
    expect(text).toContain('perhaps by 9 (child)')
  })

  it('names the hosts that a server is held to, and a local network as what it is', () => {
    const rules = ['api.example.com:443', ...LAN_RULES.map(formatHostRule)]
    const held = server({ expectation: 'rules', expectationSource: 'policy', rules })
    expect(renderReport(report({ servers: [held] }), PLAIN)).toContain(
      'may talk to the local network, api.example.com:443 only (says the policy)',
    )
  })

  it('ends what is unexpected or unknown with the command that settles it', () => {
    const unknown = destination({ port: 80, verdict: 'unknown', reason: 'name-not-known' })
    const fine = destination({ port: 81, verdict: 'expected', reason: 'declared' })
    const one = server({ destinations: [destination(), unknown, fine] })
    const other = server({ id: 'b', client: 'codex', destinations: [] })
    const text = renderReport(report({ servers: [one] }), { ...PLAIN, columns: 40 })
    expect(text).toContain('\n      if it is right: mcp-watch allow memory 203.0.113.10:443\n')
    expect(text).toContain('to settle it: mcp-watch allow memory 203.0.113.10:80')
    expect(text).not.toContain('203.0.113.10:81\n')
    expect(renderReport(report({ servers: [one, other] }), PLAIN)).toContain(
      'mcp-watch allow memory 203.0.113.10:443 --client cursor',
    )
  })

  it('tells quiet, never seen and remote servers apart, and what cannot be observed of whom', () => {
    const servers = [
      server({ name: 'quiet' }),
      server({ id: 'b', name: 'idle', state: 'never-seen', instances: [] }),
      server({ id: 'c', name: 'far', transport: 'http', state: 'remote', instances: [] }),
    ]
    const notObserved = [
      { serverId: 'c', reason: 'remote-transport' as const },
      { serverId: 'of another server', reason: 'unconnected-udp' as const },
    ]
    const coverage = { ...report().coverage, notObserved }
    const text = renderReport(report({ servers, coverage, findings: [] }), PLAIN)
    expect(text.match(/no connection was seen/g)).toHaveLength(1)
    expect(text).toContain('idle · cursor · not seen running')
    expect(text).toContain('Not observable: far (cursor): runs elsewhere')
    expect(text).not.toContain('of another server')
    expect(text).toContain('none in what was watched')
  })

  it('says which servers run inside their client', () => {
    const inside = server({
      name: 'ext',
      client: 'claude-desktop',
      state: 'in-client',
      instances: [],
    })
    const notObserved = [{ serverId: inside.id, reason: 'in-client' as const }]
    const coverage = { ...report().coverage, notObserved }
    const text = renderReport(report({ servers: [inside], coverage, findings: [] }), PLAIN)
    expect(text).toContain('ext · claude-desktop · inside its client')
    expect(text).toContain('Not observable: ext (claude-desktop): runs inside its client')
    expect(text).not.toContain('no connection was seen')
    const list = renderServerList([inside, server({})], PLAIN.style, null)
    expect(list).toMatch(/ext +claude-desktop +inside its client /)
    expect(list).toContain(
      'ext (claude-desktop) runs inside its client; its connections cannot be told from the client’s',
    )
    expect(renderServerList([server({})], PLAIN.style, null)).not.toContain('inside its client')
  })

  it('says of when it is, where nothing was watched up to now', () => {
    const { to } = report()
    const from = new Date(Date.parse(to) - 3_600_000).toISOString()
    const since = (end: string): string => {
      const gaps = [{ from, to: end, reason: 'daemon-down' as const }]
      return renderReport(report({ coverage: { ...report().coverage, gaps } }), PLAIN)
    }
    expect(since(to)).toContain('What is said to be running or open was so at')
    expect(since(from)).not.toContain('was so at')
  })

  it('lets no name from outside command the terminal or start a line', () => {
    const evil = 'x\u001b[2J\u009b31m\r\nServers (0 entries)\u202e'
    const hostile = report({
      servers: [
        server({
          name: evil,
          client: evil,
          source: evil,
          scope: evil,
          package: { name: evil, version: evil },
          destinations: [
            destination({
              address: evil,
              names: [{ name: evil, source: 'listener', at: NOW }],
              owners: [{ pid: 1, role: 'server', executable: evil }],
            }),
          ],
        }),
      ],
      findings: [
        finding({
          server: evil,
          client: evil,
          explanation: evil,
          process: { pid: 1, role: 'child', executable: evil },
        }),
      ],
      coverage: {
        ...report().coverage,
        degraded: [{ code: 'tool-slow', message: evil }],
        notObserved: [{ serverId: 'aaaa000011112222', reason: 'unconnected-udp' }],
      },
    })
    const text = renderReport(hostile, PLAIN)
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(text.match(/^Servers \(/gm)).toHaveLength(1)
    expect(text).toMatch(/^Servers \(1 entry\)$/m)
  })

  it('wraps at the terminal and never cuts an address', () => {
    const address = '2001:db8:1234:5678:9abc:def0:1234:5678'
    const servers = [server({ destinations: [destination({ address })] })]
    const text = renderReport(report({ servers }), { ...PLAIN, columns: 40 })
    expect(text).toContain(`[${address}]:443 tcp`)
    const prose = text.split('\n').filter((line) => !/2001:|·|@/.test(line))
    expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(
      Math.max(
        40,
        'What MCP servers talked to, from 2026-11-21 12:00:00 to 2026-11-22 12:00:00'.length,
      ),
    )
  })

  it('colours only where it is told to', () => {
    expect(renderReport(report(), PLAIN)).not.toContain('\u001b')
    expect(renderReport(report(), { ...PLAIN, style: createStyle(true) })).toContain(
      '\u001b[31mHIGH',
    )
  })
})

describe('renderScan', () => {
  it('claims one look only', () => {
    const { from: _from, to: _to, ...rest } = report()
    const text = renderScan({ ...rest, configurations: [], diagnostics: [] }, PLAIN)
    expect(text).toContain('Looked once with ss: what opened and closed before or after')
    expect(text).not.toContain('Watched')
  })
})

describe('watchedOf', () => {
  const window = { from: minutesAgo(60), to: NOW }
  const run = (from: number, to: number) => ({
    name: 'ss',
    from: minutesAgo(from),
    to: minutesAgo(to),
    intervalMs: 1000,
    expectedRecall: 1,
  })
  const gap = (from: number, to: number) => ({
    from: minutesAgo(from),
    to: minutesAgo(to),
    reason: 'sleep' as const,
  })
  const coverage = (
    engines: ReturnType<typeof run>[],
    gaps: ReturnType<typeof gap>[],
  ): Parameters<typeof watchedOf>[0] => ({ ...report().coverage, engines, gaps })

  it('counts each watched moment of the window once', () => {
    expect(watchedOf(coverage([run(90, 30), run(40, 10)], []), window)).toBe('50 m of 1 h')
  })
  it('takes off gaps, also where they overlap each other or reach out of the watching', () => {
    const gaps = [gap(30, 20), gap(25, 15), gap(10, 0)]
    expect(watchedOf(coverage([run(60, 5)], gaps), window)).toBe('35 m of 1 h')
  })
  it('says that nothing was watched', () => {
    expect(watchedOf(coverage([], []), window)).toBe('0 ms of 1 h')
  })
})
