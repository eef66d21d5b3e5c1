import { describe, expect, it } from 'vitest'
import type { Archive, Filter, Window } from '../../../cli/io.ts'
import { run } from '../../../cli/run.ts'
import { errorSchema } from '../../../shared/contract/answers.ts'
import { reportSchema } from '../../../shared/contract/report.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import { fakeIo } from './fake-io.ts'
import { finding, nowMs, report } from './sample.ts'

const notAsked = (): never => {
  throw new Error('the test did not expect this')
}

const archiveOf = (answer: Archive['report']): { openArchive: () => Archive } => ({
  openArchive: () => ({
    report: answer,
    servers: () => ({ schemaVersion: 1, servers: [] }),
    findings: notAsked,
    finding: notAsked,
    history: notAsked,
    close: () => undefined,
  }),
})

describe('usage', () => {
  it('suggests the command that was meant', async () => {
    const io = fakeIo()
    expect(await run(['reprot'], io)).toBe(2)
    expect(io.written().err).toContain("mcp-watch: unknown command 'reprot'")
    expect(io.written().err).toContain('Did you mean report?')
    expect(io.written().out).toBe('')
  })

  it.each([
    [[]],
    [['report', '--nonsense']],
    [['report', 'extra']],
    [['report', '--since', '24']],
    [['report', '--since', '-1h']],
    [['report', '--since', '11y']],
    [['report', '--since', '0s']],
    [['report', '--fail-on', 'none']],
    [['start', '--engine', 'pcap']],
    [['start', '--interval', '1ms']],
    [['start', '--interval', '2h']],
  ])('refuses %j with 2', async (argv) => {
    const io = fakeIo()
    expect(await run(argv, io)).toBe(2)
    expect(io.written().err).not.toBe('')
    expect(io.loads()).toBe(0)
  })

  it.each([[['--help']], [['report', '--help']], [['help', 'start']], [['--version']]])(
    'answers %j without loading the daemon',
    async (argv) => {
      const io = fakeIo()
      expect(await run(argv, io)).toBe(0)
      expect(io.written().out).not.toBe('')
      expect(io.written().out).not.toContain('--background')
      expect(io.loads()).toBe(0)
    },
  )

  it('tells a program that asked for JSON what was wrong', async () => {
    const io = fakeIo()
    expect(await run(['report', '--json', '--since', 'x'], io)).toBe(2)
    const answer = errorSchema.parse(JSON.parse(io.written().out))
    expect(answer.error.code).toBe('USAGE')
  })
})

describe('failures', () => {
  it('ends with the code of the error, its sentence and its hint', async () => {
    const io = fakeIo()
    expect(await run(['status', '--json'], io)).toBe(3)
    expect(errorSchema.parse(JSON.parse(io.written().out)).error).toEqual({
      code: 'NO_DAEMON',
      message: 'no mcp-watch is running',
      hint: 'start it with "mcp-watch start"',
    })
    expect(io.written().err).toMatch(/^mcp-watch: no mcp-watch is running\n {2}start it/)
  })

  it('shows no escape sequence that a hint brought along', async () => {
    const fail = (): never => {
      throw new McpWatchError('UNKNOWN_SERVER', 'no such server', {
        hint: 'known: \u001b[2Jx\nmcp',
      })
    }
    const io = fakeIo(archiveOf(fail))
    expect(await run(['report', '--server', 'y'], io)).toBe(2)
    expect(io.written().err).toBe('mcp-watch: no such server\n  known: x mcp\n')
  })

  it('names the likely cause of a native module that cannot be loaded', async () => {
    const cause = Object.assign(new Error('compiled against another'), {
      code: 'ERR_DLOPEN_FAILED',
    })
    const io = fakeIo({
      openArchive: () => {
        throw new Error('opening failed', { cause })
      },
    })
    expect(await run(['report'], io)).toBe(4)
    expect(io.written().err).toContain('npm rebuild better-sqlite3')
    expect(io.written().err).not.toContain('bug')
  })

  it('calls anything else a bug, without its words and without a stack', async () => {
    const io = fakeIo({
      openArchive: () => {
        throw new TypeError('secret-token is not a function')
      },
    })
    expect(await run(['report'], io)).toBe(4)
    expect(io.written().err).toContain('this is a bug')
    expect(io.written().err).not.toContain('secret-token')
    const debug = { ...fakeIo(archiveOf(() => Reflect.get(Object(null), 'x').y)), debug: true }
    await run(['report'], debug)
    expect(debug.written().err).toContain('TypeError')
  })
})

describe('report without a daemon', () => {
  it('asks the archive for the window and the servers that were meant', async () => {
    const asked: [Window, Filter][] = []
    const io = fakeIo(
      archiveOf((window, filter) => {
        asked.push([window, filter])
        return report()
      }),
    )
    expect(await run(['report', '--json', '--since', '90m', '--client', 'cursor'], io)).toBe(0)
    expect(asked).toEqual([[{ from: nowMs - 90 * 60_000, to: nowMs }, { client: 'cursor' }]])
    expect(reportSchema.parse(JSON.parse(io.written().out))).toEqual(report())
  })

  it.each([
    ['low', 1],
    ['medium', 1],
    ['high', 0],
  ])('with --fail-on %s a medium finding ends with %i', async (least, code) => {
    const findings = [finding({ severity: 'medium' }), finding({ severity: 'low' })]
    const io = fakeIo(archiveOf(() => report({ findings })))
    expect(await run(['report', '--fail-on', least], io)).toBe(code)
  })

  it('ends with 0 whatever was found when --fail-on is not given', async () => {
    const io = fakeIo(archiveOf(() => report()))
    expect(await run(['report'], io)).toBe(0)
    expect(io.written().out).toContain('HIGH')
  })
})
