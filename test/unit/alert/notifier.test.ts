import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gvariantString } from '../../../daemon/alert/gdbus.ts'
import type { Notification } from '../../../daemon/alert/notification.ts'
import { createNotifier, type NotifierDeps } from '../../../daemon/alert/notifier.ts'
import { notifySendArgs } from '../../../daemon/alert/notify-send.ts'
import type { ToolOptions, ToolResult } from '../../../daemon/capture/run-tool.ts'
import { files, found } from './build.ts'

const notification: Notification = {
  title: 'mcp-watch: "a"',
  body: 'to <b>x</b> & \\n "y"',
  urgency: 'critical',
  findingIds: [found(files, 1).id],
  serverId: files.server.id,
  kind: 'local-only-egress',
}

interface Call {
  readonly path: string
  readonly args: readonly string[]
  readonly options: ToolOptions | undefined
}

const session = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x', DISPLAY: ':0', SECRET: 's', PATH: '/p' }

function desktop(over: Partial<NotifierDeps> & { tools: string[]; result?: Partial<ToolResult> }) {
  const calls: Call[] = []
  const { tools, result, ...deps } = over
  const notifier = createNotifier({
    platform: 'linux',
    env: session,
    findTool: (name) => (tools.includes(name) ? `/usr/bin/${name}` : null),
    runTool: async (path, args, options) => {
      calls.push({ path, args, options })
      const ended = { code: 0, signal: null, timedOut: false, truncated: false, elapsedMs: 1 }
      return { stdout: '', stderr: '', ...ended, ...result }
    },
    ...deps,
  })
  return { notifier, calls }
}

describe('the way to the desktop', () => {
  it.each([
    ['notify-send', { tools: ['gdbus', 'notify-send'] }],
    ['gdbus', { tools: ['gdbus'] }],
    ['none', { tools: [] }],
    ['none', { tools: ['gdbus', 'notify-send'], env: { XDG_RUNTIME_DIR: '/nowhere' } }],
    ['none', { tools: ['gdbus'], env: { DBUS_SESSION_BUS_ADDRESS: 'disabled:' } }],
    ['osascript', { tools: ['osascript'], platform: 'darwin' as const, env: {} }],
  ])('is %s', (path, over) => {
    expect(desktop(over).notifier.describe().path).toBe(path)
  })

  it('gives the tool the session and nothing else of the environment', async () => {
    const { notifier, calls } = desktop({ tools: ['gdbus'] })
    await notifier.send(notification)
    expect(calls).toHaveLength(1)
    expect(calls[0]?.options).toMatchObject({
      timeoutMs: 5_000,
      env: { LC_ALL: 'C.UTF-8', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x', DISPLAY: ':0' },
    })
    expect(Object.keys(calls[0]?.options?.env ?? {})).toHaveLength(3)
  })

  it('hands osascript the text as arguments', async () => {
    const { notifier, calls } = desktop({ tools: ['osascript'], platform: 'darwin' })
    await notifier.send(notification)
    expect(calls[0]?.args.slice(-2)).toEqual([notification.title, notification.body])
    expect(calls[0]?.args.slice(0, -2).join(' ')).not.toContain('<b>')
  })

  it.each([
    ['TOOL_TIMEOUT', 'did not answer', { timedOut: true, code: null }],
    ['TOOL_FAILED', 'exit code 3', { code: 3, stderr: 'quoting "a secret"' }],
    [
      'TOOL_FAILED',
      'no notification service',
      { code: 1, stderr: 'GDBus.Error:org.freedesktop.DBus.Error.ServiceUnknown: x' },
    ],
  ])('fails with %s, in words of ours: %s', async (code, words, result) => {
    const { notifier } = desktop({ tools: ['gdbus'], result })
    await expect(notifier.send(notification)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
  })
})

describe('notify-send', () => {
  it('is given no option that it does not know', async () => {
    const old = desktop({ tools: ['notify-send'], result: { stdout: '-u, --urgency=LEVEL' } })
    await old.notifier.send(notification)
    expect(old.calls.at(-1)?.args).toEqual(notifySendArgs(notification, []))
    const now = desktop({ tools: ['notify-send'], result: { stdout: '-a, --app-name=NAME' } })
    await now.notifier.send(notification)
    expect(now.calls.at(-1)?.args).toContain('--app-name=mcp-watch')
    await now.notifier.send(notification)
    expect(now.calls.filter(({ args }) => args[0] === '--help')).toHaveLength(1)
  })

  it('gets a body in which nothing is markup or an escape', () => {
    expect(notifySendArgs(notification, [])).toEqual([
      '--urgency=critical',
      '--',
      notification.title,
      'to &lt;b&gt;x&lt;/b&gt; &amp; \\\\n "y"',
    ])
  })
})

describe('a string in GVariant text', () => {
  it('is plain ASCII in one pair of quotes, and reads back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const written = gvariantString(text)
        expect(written).toMatch(/^"(?:[A-Za-z0-9 .,:;_/()@-]|\\U[0-9a-f]{8})*"$/)
        const read = written
          .slice(1, -1)
          .replace(/\\U([0-9a-f]{8})/g, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
        expect(read).toBe(text)
      }),
    )
  })
})
