import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../cli/io.ts'
import { run } from '../../../cli/run.ts'
import type { DataChange, DataStats, ExportRow } from '../../../shared/contract/data.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import { fakeIo } from './fake-io.ts'

const change: DataChange = {
  schemaVersion: 1,
  removed: { connections: 1, hours: 2, days: 0, reached: 1, changes: 0, findings: 3 },
  before: 3_500_000,
  after: 900,
}

/** What the desk was asked for. */
function desk() {
  const asked: unknown[] = []
  const changeData: Entry['changeData'] = async (work) => {
    const note = async (request: unknown): Promise<DataChange> => {
      asked.push(request)
      return change
    }
    return await work({ prune: note, erase: note })
  }
  return { asked, changeData }
}

describe('data erase', () => {
  it.each([
    [true, 0, [{ server: 'files' }]],
    [false, 0, []],
    [null, 2, []],
  ])('asks first: %s', async (answer, code, expected) => {
    const { asked, changeData } = desk()
    const questions: string[] = []
    const io = {
      ...fakeIo({ changeData }),
      confirm: async (question: string) => {
        questions.push(question)
        return answer
      },
    }
    expect(await run(['data', 'erase', '--server', 'files'], io)).toBe(code)
    expect(asked).toEqual(expected)
    expect(questions).toEqual(['Remove every record of the server "files"? It cannot be had back.'])
  })

  it('is refused below a watched server, before anything is removed', async () => {
    const { asked, changeData } = desk()
    const refuseDecisionBelowServer = async (): Promise<void> => {
      throw new McpWatchError('DECISION_REFUSED', 'no')
    }
    const io = fakeIo({ changeData, refuseDecisionBelowServer })
    expect(await run(['data', 'erase', '--yes'], io)).toBe(2)
    expect(asked).toEqual([])
  })

  it('names everything as such, and says what is gone', async () => {
    const { asked, changeData } = desk()
    const io = fakeIo({ changeData })
    expect(await run(['data', 'erase', '-y'], io)).toBe(0)
    expect(asked).toEqual([{ everything: true }])
    expect(io.written().out).toBe(
      'Removed 1 connection, 2 sums of hours, 0 sums of days, 1 address of a remote server, 3 findings, 0 changes of configurations: 3.3 MiB before, 900 B now.\n',
    )
  })
})

describe('data prune', () => {
  it('hands over age and server', async () => {
    const { asked, changeData } = desk()
    const io = fakeIo({ changeData })
    await run(['data', 'prune', '--older-than', '7d', '--client', 'cursor'], io)
    expect(asked).toEqual([{ olderThanMs: 7 * 86_400_000, client: 'cursor' }])
  })
})

describe('data stats', () => {
  it('shows nothing that a terminal could obey', async () => {
    const stats: DataStats = {
      schemaVersion: 1,
      path: '/state/\u001b[2Jwatch.db',
      bytes: { used: 1024, free: 0, onDisk: 2048, limit: null },
      setAside: ['watch.db.corrupt-x'],
      kinds: [{ kind: 'findings', rows: 0, from: null, to: null, keptMs: null }],
      servers: 1,
      destinations: 2,
    }
    const io = fakeIo({ dataStats: async () => stats })
    expect(await run(['data', 'stats'], io)).toBe(0)
    const { out } = io.written()
    expect(out).not.toContain('\u001b')
    expect(out).toContain('1.0 KiB in use, 0 B free within, 2.0 KiB on disk')
    expect(out).toContain('set aside, and not counted: watch.db.corrupt-x')
  })
})

describe('data export', () => {
  const row: ExportRow = {
    kind: 'connection',
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-01-01T00:00:01.000Z',
    server: '=HYPERLINK("x")\u001b[2J',
    client: 'cursor',
    serverId: 'a'.repeat(16),
    protocol: 'tcp',
    address: '203.0.113.10',
    port: 443,
    direction: 'outbound',
    names: ['@evil', 'b,c'],
    scope: 'public',
    trafficClass: 'server',
    verdict: 'expected',
    reason: 'declared',
    outcome: 'established',
    role: null,
    executable: '-1+1\n=2',
    pid: null,
    connections: 1,
    bytesSent: null,
    bytesReceived: 5,
  }
  const openRecords: Entry['openRecords'] = () => ({
    *exported() {
      yield [row]
      yield []
      yield [row]
    },
    close: () => undefined,
  })

  it('writes CSV in which no cell is a formula', async () => {
    const io = fakeIo({ openRecords })
    expect(await run(['data', 'export', '--format', 'csv'], io)).toBe(0)
    const lines = io.written().out.split('\r\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]?.split(',')).toHaveLength(22)
    expect(lines[1]).toContain(`"'=HYPERLINK(""x"")"`)
    expect(lines[1]).toContain(`"'@evil b,c"`)
    expect(lines[1]).toContain(`"'-1+1 =2"`)
    expect(lines[1]).not.toContain('\u001b')
    expect(lines[2]).toBe(lines[1])
  })

  it('writes JSON lines that say the same', async () => {
    const io = fakeIo({ openRecords })
    expect(await run(['data', 'export'], io)).toBe(0)
    const lines = io.written().out.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([row, row])
    expect(io.written().out).not.toContain('\u001b')
  })
})
