import { describe, expect, it, onTestFinished } from 'vitest'
import { type AlertContext, type Alerter, createAlerter } from '../../daemon/alert/alerter.ts'
import { WINDOW_MS } from '../../daemon/alert/decide.ts'
import { createNotifier } from '../../daemon/alert/notifier.ts'
import type { MuteRequest } from '../../daemon/alert/notify-send.ts'
import { findTool, runTool } from '../../daemon/capture/run-tool.ts'
import type { Finding } from '../../shared/model/judgement.ts'
import { dbusRunSession, type PrivateDesktop, privateDesktop } from '../helpers/private-desktop.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { fetcher, files, found, servers, settings } from '../unit/alert/build.ts'
import { record, silentLog, T0, temporaryFolder, tick } from '../unit/store/ticks.ts'
import { open } from './store-files.ts'

const HOSTILE = `it's "<b>bold</b>" & \\n $(id) -é😀`
const hostile = record(HOSTILE)
const context: AlertContext = {
  records: new Map([...servers, hostile].map((it) => [it.server.id, it])),
  hostOf: () => null,
  mutesOf: () => [],
}

function notifierOn(desktop: PrivateDesktop, tools: readonly string[], mutes: MuteRequest[] = []) {
  return createNotifier({
    platform: 'linux',
    env: { DBUS_SESSION_BUS_ADDRESS: desktop.address },
    findTool: (name) => (tools.includes(name) ? findTool(name) : null),
    runTool,
    onMute: (request) => mutes.push(request),
  })
}

/** One life of a daemon over a state folder: its store, its alerter, and a clock that is moved by hand. */
function life(folder: string, desktop: PrivateDesktop, tool: string) {
  const store = open(folder)
  let now = T0
  const alerter: Alerter = createAlerter({
    notifier: notifierOn(desktop, [tool]),
    clock: { wallMs: () => now },
    log: silentLog,
    store,
    memory: store.memory(),
    policy: () => settings,
  })
  return {
    tick(at: number, findings: readonly Finding[]): void {
      now = at
      store.commit(tick(at, { findings }))
      alerter.tick(findings, context)
    },
    async end(): Promise<void> {
      await alerter.stop()
      store.close()
    },
  }
}

async function shownBy(desktop: PrivateDesktop, count: number): Promise<void> {
  await waitFor(() => desktop.shown.length >= count, {
    what: `${count} notifications`,
    deadlineMs: 15_000,
  })
}

describe.each(['gdbus', 'notify-send'])('on a real session bus, by %s', (tool) => {
  const isMissing = dbusRunSession === null || findTool(tool) === null
  it.skipIf(isMissing)(
    'a burst is one notification, and a restart adds only what is new (needs D-Bus and the tool)',
    async () => {
      const desktop = await privateDesktop()
      const folder = temporaryFolder()
      const burst = servers.slice(0, 2).map((it) => found(it, 443, { severity: 'high' }))
      const first = life(folder, desktop, tool)
      first.tick(T0, [])
      first.tick(T0 + 10_000, burst.slice(0, 1))
      first.tick(T0 + 11_000, burst)
      first.tick(T0 + 10_000 + WINDOW_MS, burst)
      await shownBy(desktop, 1)
      await first.end()

      const second = life(folder, desktop, tool)
      const again = burst.map((it) => ({ ...it, count: 7 }))
      second.tick(T0 + 20_000, again)
      second.tick(T0 + 20_000 + WINDOW_MS, again)
      second.tick(T0 + 30_000, [...again, found(hostile, 443)])
      second.tick(T0 + 30_000 + WINDOW_MS, [])
      await shownBy(desktop, 2)
      await second.end()

      expect(desktop.shown.map(({ app, title, urgency }) => ({ app, title, urgency }))).toEqual([
        { app: 'mcp-watch', title: 'mcp-watch: 2 servers need a look', urgency: 2 },
        {
          app: 'mcp-watch',
          title: `mcp-watch: "${HOSTILE}" has a connection it should not have`,
          urgency: 1,
        },
      ])
    },
  )

  it.skipIf(isMissing)('text arrives as it was meant (needs D-Bus and the tool)', async () => {
    const desktop = await privateDesktop()
    const notifier = notifierOn(desktop, [tool])
    await notifier.send({
      title: `mcp-watch: ${HOSTILE}`,
      body: `-x ${HOSTILE}`,
      urgency: 'low',
      findingIds: [],
      serverId: null,
      kind: null,
    })
    notifier.stop()
    await shownBy(desktop, 1)
    const [shown] = desktop.shown
    expect(shown?.title).toBe(`mcp-watch: ${HOSTILE}`)
    const asRead = shown?.body
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
    expect(asRead).toBe(`-x ${HOSTILE}`)
    expect(shown?.body).not.toMatch(/[<>]/)
    expect(shown).toMatchObject({ urgency: 0, actions: [] })
  })
})

describe('a button', () => {
  const isMissing =
    dbusRunSession === null || findTool('gdbus') === null || findTool('notify-send') === null
  const [worst] = [found(files, 443)]
  const notification = {
    title: 'mcp-watch: "files"',
    body: 'It went out.',
    urgency: 'normal',
    findingIds: [worst.id],
    serverId: files.server.id,
    kind: worst.kind,
  } as const

  it.skipIf(isMissing)(
    'that is pressed asks for a mute, naming who passed that on (needs D-Bus, gdbus and notify-send)',
    async () => {
      const desktop = await privateDesktop({ hasButtons: true })
      const mutes: MuteRequest[] = []
      const notifier = notifierOn(desktop, ['gdbus', 'notify-send'], mutes)
      onTestFinished(() => notifier.stop())
      await notifier.send(notification)
      await waitFor(() => mutes.length > 0, { what: 'the answer', deadlineMs: 15_000 })
      expect(mutes).toEqual([
        { serverId: files.server.id, kind: 'local-only-egress', servicePid: desktop.pid },
      ])
    },
  )

  it.skipIf(isMissing)(
    'is not offered where there are none, nor for several servers (needs D-Bus, gdbus and notify-send)',
    async () => {
      const without = await privateDesktop()
      await notifierOn(without, ['gdbus', 'notify-send']).send(notification)
      await shownBy(without, 1)
      expect(without.shown[0]?.actions).toEqual([])
      const having = await privateDesktop({ hasButtons: true })
      const many = { ...notification, serverId: null, kind: null }
      await notifierOn(having, ['gdbus', 'notify-send']).send(many)
      await shownBy(having, 1)
      expect(having.shown[0]?.actions).toEqual([])
    },
  )
})

it.skipIf(dbusRunSession === null || findTool('gdbus') === null)(
  'a service that hangs does not hold up the end of the daemon (needs D-Bus and gdbus)',
  async () => {
    const desktop = await privateDesktop()
    process.kill(desktop.pid, 'SIGSTOP')
    onTestFinished(() => {
      process.kill(desktop.pid, 'SIGCONT')
    })
    const only = life(temporaryFolder(), desktop, 'gdbus')
    only.tick(T0, [found(fetcher, 1)])
    only.tick(T0 + 60_000, [])
    const startedAt = performance.now()
    await only.end()
    expect(performance.now() - startedAt).toBeLessThan(4_000)
  },
)
