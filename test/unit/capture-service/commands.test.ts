import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { installExact } from '../../../cli/commands/service-exact.ts'
import type { Entry } from '../../../cli/io.ts'
import { run } from '../../../cli/run.ts'
import { renderCaptureUnit } from '../../../cli/service/exact.ts'
import type { Host } from '../../../cli/service/gather.ts'
import { readTemplate } from '../../../cli/service/template.ts'
import { captureSocket } from '../../../shared/service/places.ts'
import { parseRecord } from '../../../shared/service/record.ts'
import { fakeIo } from '../cli/fake-io.ts'
import { settings } from '../service/facts.ts'

const UNIT = '/etc/systemd/system/mcp-watch-capture.service'
const isInstalledHere = existsSync(UNIT)

/** Nobody of this test is root: nothing of it can be written. */
function ioOf(commands: string[], changes: Partial<Host> = {}) {
  const host: Partial<Host> = {
    platform: 'linux',
    isRoot: false,
    program: { version: '1.2.3', node: '/usr/bin/node', modules: '115' },
    run: async (argv) => {
      commands.push(argv.join(' '))
      const ended = { signal: null, timedOut: false, truncated: false, elapsedMs: 1 }
      return { ...ended, code: 0, stdout: 'ActiveState=inactive\n', stderr: '' }
    },
    ...changes,
  }
  const entry: Partial<Entry> = { serviceHost: async () => host as Host }
  return fakeIo(entry)
}

async function service(words: string, changes: Partial<Host> = {}) {
  const commands: string[] = []
  const io = ioOf(commands, changes)
  const code = await run(['service', ...words.split(' ')], io)
  return { code, commands, ...io.written() }
}
const changing = (commands: readonly string[]) =>
  commands.filter((each) => !each.includes(' show '))

describe.skipIf(isInstalledHere)('service install --exact', () => {
  it('needs root, and says what to type', async () => {
    const { code, err, commands } = await service('install --exact')
    expect(code).toBe(2)
    expect(err).toContain('"sudo mcp-watch service install --exact"')
    expect(commands).toEqual([])
  })

  it('shows with --dry-run the whole unit and every command, and does nothing', async () => {
    const { code, out, commands } = await service('install --exact --dry-run')
    expect(code).toBe(0)
    expect(out).toContain(`write ${UNIT}:`)
    expect(out).toContain('  | ExecStart=/usr/bin/node ')
    expect(out).toMatch(/\nrun systemctl daemon-reload\nrun systemctl enable mcp-watch-capture/)
    expect(changing(commands)).toEqual([])
    expect(existsSync(UNIT)).toBe(false)
  })

  it('is refused, also in a dry run’s words, where others can write what would be run', async () => {
    const found = { kind: 'writable', path: '/home/ada/main.js' } as const
    const commands: string[] = []
    const root = ioOf(commands, { isRoot: true })
    await expect(installExact({}, root, () => found)).rejects.toMatchObject({
      code: 'SERVICE_MANAGER',
      message: expect.stringContaining('others than root can write /home/ada/main.js'),
    })
    const dry = ioOf(commands)
    expect(await installExact({ dryRun: true }, dry, () => found)).toBe(0)
    expect(dry.written().err).toContain('it would be refused: others than root can write')
    expect(changing(commands)).toEqual([])
  })

  it.each(['--system', '--linger', '--engine ss', '--interval 2s', '--port 1'])(
    'goes together with nothing of the other service: %s',
    async (words) => {
      expect((await service(`install --exact ${words}`)).code).toBe(2)
    },
  )

  it('is for Linux', async () => {
    const mac = { platform: 'darwin' as const }
    expect(await service('install --exact', mac)).toMatchObject({ code: 2, commands: [] })
  })

  it('is not needed to take away what is not there', async () => {
    const { code, out, commands } = await service('uninstall --exact')
    expect({ code, commands }).toEqual({ code: 0, commands: [] })
    expect(out).toContain('no capture service is installed')
  })
})

it('the unit runs the capture service of this copy with this Node, and says which', () => {
  const odd = '/opt/my "own" 100% $HOME/main.js'
  const record = { version: '1.2.3', node: '/opt/a b/node', modules: '115', program: odd }
  const unit = renderCaptureUnit(readTemplate('systemd/mcp-watch-capture.service'), record)
  expect(parseRecord(unit)).toEqual(record)
  const [exec = ''] = settings(unit, 'ExecStart')
  expect(exec.startsWith('"/opt/a b/node" --')).toBe(true)
  expect(exec.endsWith(' "/opt/my \\"own\\" 100%% $$HOME/main.js" capture')).toBe(true)
  for (const name of ['AmbientCapabilities', 'CapabilityBoundingSet']) {
    expect(settings(unit, name)).toEqual(['CAP_BPF CAP_NET_ADMIN CAP_PERFMON'])
  }
})

describe('mcp-watch capture', () => {
  it('takes no relative path', async () => {
    const io = fakeIo()
    expect(await run(['capture', '--socket', 'here'], io)).toBe(2)
    expect(io.loads()).toBe(0)
  })

  it('is in the help, apart from what people type', async () => {
    const io = fakeIo()
    await run(['--help'], io)
    expect(io.written().out).toMatch(/Run by systemd:\n {2}capture /)
  })
})

it('another socket counts where an absolute path names it', () => {
  expect(captureSocket('/tmp/here')).toBe('/tmp/here')
  for (const named of [undefined, '', 'here']) {
    expect(captureSocket(named)).toBe('/run/mcp-watch-capture/socket')
  }
})
