import { describe, expect, it } from 'vitest'
import { createSupervisor, heard, type SupervisorDeps } from '../../../daemon/host/sd-notify.ts'
import type { CaptureEngine, CaptureSink } from '../../../daemon/ports.ts'
import { openSupervisor } from '../../../daemon/supervisor.ts'

const SERVICE = { NOTIFY_SOCKET: '/run/user/1000/systemd/notify', WATCHDOG_USEC: '4000000' }

/** A service manager whose queue can be full, and a clock that the test sets. */
function scene(env: SupervisorDeps['env'] = SERVICE) {
  const told: string[] = []
  const now = { ms: 0, isFull: false }
  const supervisor = createSupervisor({
    env,
    pid: 7,
    clock: { wallMs: () => 0, monotonicMs: () => now.ms },
    send: (address, message) => {
      if (now.isFull) return false
      told.push(`${address} ${Buffer.from(message).toString('utf8')}`)
      return true
    },
  })
  const said = (): string[] => told.map((each) => each.slice(each.indexOf(' ') + 1))
  return { supervisor, told, said, now }
}

describe('telling systemd', () => {
  it('is ready, fed by samples at most four times in its watchdog’s time, and stopping', () => {
    const { supervisor, told, said, now } = scene()
    supervisor.beat()
    expect(told).toEqual([])
    supervisor.ready()
    for (now.ms = 0; now.ms < 2_000; now.ms += 250) supervisor.beat()
    supervisor.stopping()
    expect(told[0]).toBe('/run/user/1000/systemd/notify READY=1')
    expect(said()).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'STOPPING=1'])
  })

  it('is not fed by anything but samples', () => {
    const { supervisor, said, now } = scene()
    supervisor.ready()
    now.ms = 60_000
    supervisor.status('watching')
    supervisor.status('watching')
    expect(said()).toEqual(['READY=1', 'STATUS=watching'])
  })

  it('says later what was not taken, the state only as it is then', () => {
    const { supervisor, said, now } = scene()
    now.isFull = true
    supervisor.ready()
    supervisor.status('watching; nothing can be stored')
    supervisor.status('watching')
    now.isFull = false
    supervisor.beat()
    expect(said()).toEqual(['READY=1\nSTATUS=watching\nWATCHDOG=1'])
  })

  it('cannot be made to say more than one thing by a status', () => {
    const { supervisor, said } = scene()
    supervisor.status('a\nSTOPPING=1')
    expect(said()).toEqual(['STATUS=a STOPPING=1'])
  })

  it.each([
    ['no watchdog', { NOTIFY_SOCKET: '@x' }],
    ['the watchdog of another process', { ...SERVICE, WATCHDOG_PID: '8' }],
    ['a time that is none', { ...SERVICE, WATCHDOG_USEC: '1e999' }],
  ])('%s: it is not fed', (_name, env) => {
    const { supervisor, said } = scene(env)
    supervisor.ready()
    supervisor.beat()
    expect(said()).toEqual(['READY=1'])
  })

  it.each([
    {},
    { NOTIFY_SOCKET: '' },
    { NOTIFY_SOCKET: 'relative' },
    { NOTIFY_SOCKET: 'vsock:2:1' },
  ])('nobody is told with %j', (env) => {
    const { supervisor, told } = scene(env)
    supervisor.ready()
    supervisor.beat()
    expect(told).toEqual([])
  })

  it('loads nothing where nobody wants to be told, or for a daemon for show', async () => {
    const clock = { wallMs: () => 0, monotonicMs: () => 0 }
    const load = (): never => {
      throw new Error('loaded')
    }
    await openSupervisor({ env: {}, clock, sandboxed: false }, load)
    await openSupervisor({ env: SERVICE, clock, sandboxed: true }, load)
    await expect(openSupervisor({ env: SERVICE, clock, sandboxed: false }, load)).rejects.toThrow(
      'loaded',
    )
  })
})

describe('an engine that is heard', () => {
  it('beats after each sample that came to its end, well or not', () => {
    const beats: string[] = []
    let inner: CaptureSink | null = null
    const engine = {
      describe: () => ({ name: 'ss' }),
      start: (sink: CaptureSink) => {
        inner = sink
      },
      watch: (...args: unknown[]) => void beats.push(`watch ${args.length}`),
      hurry: () => void beats.push('hurry'),
      stop: async () => undefined,
    } as unknown as CaptureEngine
    const wrapped = heard(engine, () => void beats.push('beat'))
    wrapped.start({
      prepare: async () => void beats.push('prepare'),
      accept: () => void beats.push('accept'),
      fail: () => {
        throw new Error('the sink failed')
      },
    })
    const sink = inner as unknown as CaptureSink
    void sink.prepare()
    sink.accept({} as Parameters<CaptureSink['accept']>[0])
    expect(() => sink.fail(new Error('no sample'))).toThrow('the sink failed')
    wrapped.watch([], new Set())
    wrapped.hurry()
    expect(beats).toEqual(['prepare', 'accept', 'beat', 'beat', 'watch 2', 'hurry'])
  })
})
