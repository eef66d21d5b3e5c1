import { describe, expect, it } from 'vitest'
import { renderFindingDetail } from '../../../cli/render/finding-detail.ts'
import { shortIds } from '../../../cli/render/finding-list.ts'
import { createStyle } from '../../../cli/render/style.ts'
import { run } from '../../../cli/run.ts'
import { type FindingDetail, findingDetailSchema } from '../../../shared/contract/finding-detail.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import { fakeIo } from './fake-io.ts'
import { finding, minutesAgo, NOW, nowMs, server } from './sample.ts'

const missing = (): never => {
  throw new Error('the test did not expect this')
}

function detail(changes: Partial<FindingDetail> = {}): FindingDetail {
  const { id, name, client, source, scope, package: what, ...rest } = server()
  const { expectation, expectationSource } = rest
  return {
    schemaVersion: 1,
    finding: finding(),
    server: { id, name, client, source, scope, package: what, expectation, expectationSource },
    connections: [
      {
        id: 'c1',
        serverId: id,
        server: name,
        protocol: 'tcp',
        address: '203.0.113.10',
        port: 443,
        direction: 'outbound',
        names: [],
        scope: 'public',
        trafficClass: 'server',
        verdict: 'unexpected',
        reason: 'beyond-local',
        relayed: false,
        inherited: false,
        outcome: 'established',
        owner: { pid: 4242, role: 'server', executable: '/usr/bin/node' },
        openedBefore: false,
        firstSeen: minutesAgo(50),
        lastSeen: minutesAgo(49),
        closedAt: minutesAgo(49),
        bytes: null,
      },
    ],
    truncated: false,
    ...changes,
  }
}

const archive = (answer: FindingDetail, asked: unknown[] = []) => ({
  openArchive: () => ({
    report: missing,
    servers: missing,
    findings: (window: unknown, filter: unknown) => {
      asked.push(window, filter)
      return {
        schemaVersion: 1 as const,
        from: minutesAgo(60),
        to: NOW,
        findings: [answer.finding, { ...answer.finding, id: 'ffff0000aaaa2222' }],
      }
    },
    history: missing,
    finding: (prefix: string) => {
      asked.push(prefix)
      return answer
    },
    close: () => undefined,
  }),
})

describe('findings', () => {
  it('lists a week of them without a daemon, a row each with an id that can be asked for', async () => {
    const asked: unknown[] = []
    const io = fakeIo(archive(detail(), asked))
    expect(await run(['findings', '--client', 'cursor'], io)).toBe(0)
    expect(asked).toEqual([{ from: nowMs - 7 * 86_400_000, to: nowMs }, { client: 'cursor' }])
    const { out } = io.written()
    expect(out).toContain('2 findings since')
    const ids = out.match(/^[0-9a-f]{9}(?= )/gm) ?? []
    expect(ids).toEqual(['ffff00001', 'ffff0000a'])
  })

  it('shows one in full: explanation, evidence with its process, and what to do', async () => {
    const asked: unknown[] = []
    const io = fakeIo(archive(detail(), asked))
    expect(await run(['findings', 'abc1'], io)).toBe(0)
    expect(asked).toEqual(['abc1'])
    const { out } = io.written()
    expect(out).toContain(finding().explanation)
    expect(out).toMatch(/→ 203\.0\.113\.10:443 tcp {2}unexpected: it left this machine/)
    expect(out).toContain('by process 4242 (server, /usr/bin/node)')
    expect(out).toMatch(/closed by .* · established/)
    expect(out).toContain('mcp-watch report --server memory')
    expect(out).toContain('If you meant it: mcp-watch allow memory 203.0.113.10:443')
  })

  it('gives the same one as JSON', async () => {
    const io = fakeIo(archive(detail()))
    expect(await run(['findings', 'abc1', '--json'], io)).toBe(0)
    expect(findingDetailSchema.parse(JSON.parse(io.written().out))).toEqual(detail())
  })

  it.each([['memory'], ['../status'], ['0123456789abcdef0'], ['%61']])(
    'refuses %j as an id without asking anybody',
    async (id) => {
      const io = fakeIo()
      expect(await run(['findings', id], io)).toBe(2)
      expect(io.loads()).toBe(0)
    },
  )

  it('ends with 2 where no finding has the id', async () => {
    const fail = (): never => {
      throw new McpWatchError('UNKNOWN_FINDING', 'no finding has that id')
    }
    const { openArchive } = archive(detail())
    const io = fakeIo({ openArchive: () => ({ ...openArchive(), finding: fail }) })
    expect(await run(['findings', 'abc1'], io)).toBe(2)
  })

  it('keeps no escape sequence of a name, in a text that has every kind of place for one', () => {
    const evil = '\u001b]0;x\u0007\u001b[2J\u202eevil\nname'
    const shown = renderFindingDetail(
      detail({
        finding: finding({ server: evil, client: evil, explanation: evil }),
        server: { ...detail().server, name: evil, source: evil, scope: evil },
        connections: detail().connections.map((connection) => ({
          ...connection,
          owner: { pid: 1, role: 'server', executable: evil },
          names: [{ name: evil, source: 'listener' as const, at: NOW }],
        })),
      }),
      { style: createStyle(false), columns: 80 },
    )
    expect(shown).not.toMatch(/[^\n\P{C}]/u)
    expect(shown).not.toContain('\nname')
    // a name that cannot be typed safely is not part of a command
    expect(shown).toContain('--server aaaa000011112222')
  })
})

it('short ids tell the findings apart', () => {
  expect(shortIds(['aaaaaaaa11', 'aaaaaaaa12', 'bbbbbbbb11'])).toEqual([
    'aaaaaaaa11',
    'aaaaaaaa12',
    'bbbbbbbb11',
  ])
})
