import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import type { Entry } from '../../../cli/io.ts'
import { run } from '../../../cli/run.ts'
import { eventSchema } from '../../../shared/contract/answers.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import { type FakeIo, fakeIo } from './fake-io.ts'
import { finding, NOW, status, statusServer } from './sample.ts'

type Options = Parameters<Entry['runDaemon']>[0]

/** A daemon that does nothing; the test speaks for it through the options it was given. */
function fakeDaemon(): {
  entry: Partial<Entry>
  begun: Promise<Options>
  stopped: () => number
} {
  let begin: (options: Options) => void = () => undefined
  let stops = 0
  const begun = new Promise<Options>((resolve) => {
    begin = resolve
  })
  const runDaemon: Entry['runDaemon'] = async (options) => {
    begin(options)
    return {
      pid: 777,
      logFile: '/state/log',
      socket: '/run/api.sock',
      tcp: { port: null, moved: false },
      notice: null,
      status: async () => status(),
      stop: async () => {
        stops += 1
      },
    }
  }
  const knownClients = (): ReturnType<Entry['knownClients']> => []
  return { entry: { runDaemon, knownClients }, begun, stopped: () => stops }
}

const shown = (io: FakeIo): string => stripVTControlCharacters(io.written().out)
const until = (io: FakeIo, text: string): Promise<void> =>
  vi.waitFor(() => expect(shown(io)).toContain(text), { timeout: 5000, interval: 5 })

describe('start into a pipe', () => {
  it('prints one JSON line an event, and ends with 0 at a signal after stopping the daemon', async () => {
    const daemon = fakeDaemon()
    const io = fakeIo(daemon.entry)
    const ended = run(['start', '--engine', 'lsof', '--interval', '1.5s'], io)
    const options = await daemon.begun
    expect(options).toMatchObject({ engine: 'lsof', intervalMs: 1500 })
    options.onEvent({ event: 'finding', time: NOW, finding: finding({ server: 'a\nb\u009b' }) })
    options.onEvent({ event: 'stopped', time: NOW, reason: 'signal' })
    io.signal('SIGTERM')
    expect(await ended).toBe(0)
    expect(daemon.stopped()).toBe(1)
    expect(io.exits).toEqual([])
    const lines = io.written().out.trimEnd().split('\n')
    expect(lines.map((line) => eventSchema.parse(JSON.parse(line)).event)).toEqual([
      'finding',
      'stopped',
    ])
  })

  it('ends at once at a second signal, which one that npm passed on is not', async () => {
    const daemon = fakeDaemon()
    let now = 1000
    const io = { ...fakeIo(daemon.entry), nowMs: () => now }
    const ended = run(['start'], io)
    await daemon.begun
    io.signal('SIGINT')
    now += 20
    io.signal('SIGINT')
    expect(io.exits).toEqual([])
    now += 1000
    io.signal('SIGINT')
    expect(io.exits).toEqual([0])
    await ended
  })

  it('ends although the daemon has not begun yet, and ends that as soon as it has', async () => {
    let begin: () => void = () => undefined
    const daemon = fakeDaemon()
    const waits = new Promise<void>((resolve) => {
      begin = resolve
    })
    const runDaemon: Entry['runDaemon'] = async (options) => {
      await waits
      return (daemon.entry.runDaemon as Entry['runDaemon'])(options)
    }
    const io = fakeIo({ runDaemon })
    const ended = run(['start'], io)
    await vi.waitFor(() => expect(io.loads()).toBe(1))
    io.signal('SIGTERM')
    expect(await ended).toBe(0)
    expect(daemon.stopped()).toBe(0)
    begin()
    await vi.waitFor(() => expect(daemon.stopped()).toBe(1))
  })

  it('asks for no status that nobody would see, and ends although nothing was looked at yet', async () => {
    const daemon = fakeDaemon()
    const runDaemon: Entry['runDaemon'] = async (options) => ({
      ...(await (daemon.entry.runDaemon as Entry['runDaemon'])(options)),
      status: () => new Promise(() => undefined),
    })
    const io = fakeIo({ ...daemon.entry, runDaemon })
    const ended = run(['start'], io)
    expect(await daemon.begun).not.toHaveProperty('onStatus')
    io.signal('SIGINT')
    expect(await ended).toBe(0)
    expect(daemon.stopped()).toBe(1)
  })

  it('ends when its reader went away', async () => {
    const daemon = fakeDaemon()
    const io = fakeIo(daemon.entry)
    const ended = run(['start'], io)
    await daemon.begun
    io.leave()
    expect(await ended).toBe(0)
    expect(daemon.stopped()).toBe(1)
  })

  it('tells which process is running already', async () => {
    const io = fakeIo({
      runDaemon: async () => {
        throw new McpWatchError('DAEMON_RUNNING', 'mcp-watch is running already, as process 321')
      },
    })
    expect(await run(['start'], io)).toBe(3)
    expect(io.written().err).toContain('321')
  })
})

describe('start on a terminal', () => {
  it('shows the beginning, a live table, findings above it, and fits after a resize', async () => {
    const daemon = fakeDaemon()
    const io = fakeIo(daemon.entry, { columns: 120, rows: 30 })
    const ended = run(['start'], io)
    const options = await daemon.begun
    await until(io, 'Log: /state/log')
    expect(shown(io)).toContain('is watching as process 777')
    options.onEvent({ event: 'finding', time: NOW, finding: finding() })
    await until(io, 'HIGH  memory (cursor)')
    options.onStatus?.(status({ servers: [statusServer({ name: 'another' })] }))
    await until(io, 'another')
    const before = shown(io).length
    io.resize({ columns: 40, rows: 30 })
    await vi.waitFor(() => expect(shown(io).slice(before)).toContain('VERDICT'))
    const lines = shown(io).slice(before).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40)
    io.signal('SIGINT')
    expect(await ended).toBe(0)
    await until(io, 'Ended.')
  })
})
