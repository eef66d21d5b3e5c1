import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServiceScene, daemon, type ServiceScene, state } from './service-scene.ts'

let scene: ServiceScene
beforeEach(() => {
  scene = createServiceScene()
})
afterEach(() => scene.remove())

describe('service install', () => {
  it('writes the unit and has it enabled and started, in this order', async () => {
    expect(await scene.service('install')).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(scene.unit(), 'utf8')).toContain('ExecStart=/usr/bin/node')
    expect(statSync(join(scene.home, 'state/mcp-watch')).mode & 0o777).toBe(0o700)
    expect(scene.done()).toEqual([
      'systemctl --user show-environment',
      'systemctl --user daemon-reload',
      'systemctl --user enable mcp-watch.service',
      'systemctl --user reset-failed mcp-watch.service',
      'systemctl --user restart mcp-watch.service',
    ])
  })

  it('the second time restarts nothing that runs; with another Node it does', async () => {
    await scene.service('install')
    scene.answers = { 'systemctl --user show': state('active') }
    scene.running = daemon
    const again = await scene.service('install')
    expect(again.out).toContain('as it should be')
    expect(scene.done().at(-1)).toBe('systemctl --user start mcp-watch.service')

    const program = { version: '1.2.3', node: '/opt/node/bin/node', modules: '137' }
    const renewed = await scene.service('install', { program })
    expect(renewed.out).toContain('brought up to date')
    expect(scene.done().at(-1)).toBe('systemctl --user restart mcp-watch.service')
    expect(readFileSync(scene.unit(), 'utf8')).toContain('ExecStart=/opt/node/bin/node')
  })

  it('with --dry-run prints the whole file and every command, and does nothing', async () => {
    const { out } = await scene.service(
      'install --dry-run --linger --engine sock-diag --interval 5s',
    )
    expect(scene.done()).toEqual([])
    expect(existsSync(join(scene.home, '.config'))).toBe(false)
    expect(out).toContain(`write ${scene.unit()}:`)
    expect(out).toMatch(/^ {2}\| ExecStart=.* --engine sock-diag --interval 5s$/m)
    expect(out).toMatch(/^run loginctl enable-linger ada\nrun systemctl --user daemon-reload$/m)
    await scene.service('install')
    const shown = [...out.matchAll(/^ {2}\| ?(.*)$/gm)].map(([, line]) => line)
    const written = readFileSync(scene.unit(), 'utf8').trimEnd().split('\n')
    expect(shown.filter((line) => line?.startsWith('ExecStart') !== true)).toEqual(
      written
        .filter((line) => !line.startsWith('ExecStart'))
        .map((line) => line.replace('60s', '100s')),
    )
  })

  it('does nothing while another daemon, no service, is running', async () => {
    scene.running = daemon
    expect(await scene.service('install')).toMatchObject({
      code: 3,
      err: expect.stringContaining('(pid 77), and not as this service'),
    })
    expect(existsSync(scene.unit())).toBe(false)
  })

  it('leaves everything as it is where no manager of the user answers', async () => {
    scene.answers = { 'systemctl --user': { code: 1, stdout: '' } }
    const { code, err } = await scene.service('install')
    expect(code).toBe(4)
    expect(err).toContain('no service manager of user ada answers')
    expect(existsSync(scene.unit())).toBe(false)
  })

  it('names the step that failed', async () => {
    scene.answers = { ...scene.answers, 'systemctl --user restart': { code: 1, stdout: '' } }
    expect(await scene.service('install')).toMatchObject({
      code: 4,
      err: expect.stringMatching(/could not start mcp-watch\n.*"systemctl --user restart/),
    })
  })

  it.each([{}, { platform: 'darwin' as const, isSudo: true }])(
    'refuses --system where that cannot be: %j',
    async (changes) => {
      expect((await scene.service('install --system', changes)).code).toBe(2)
      expect(scene.commands).toEqual([])
    },
  )
})

describe('service install on macOS', () => {
  const mac = { platform: 'darwin' as const }
  const plist = (): string => join(scene.home, 'Library/LaunchAgents/local.mcp-watch.plist')

  it('loads the agent anew when it changed, else only sees that it runs', async () => {
    expect(await scene.service('install', mac)).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(plist(), 'utf8')).toContain('<string>local.mcp-watch</string>')
    expect(scene.done()).toEqual([
      'launchctl bootout gui/1000/local.mcp-watch',
      'launchctl enable gui/1000/local.mcp-watch',
      `launchctl bootstrap gui/1000 ${plist()}`,
      'launchctl kickstart gui/1000/local.mcp-watch',
    ])
    scene.answers = { 'launchctl print': { code: 0, stdout: '\tpid = 77\n' } }
    await scene.service('install', mac)
    expect(scene.done()).toEqual(['launchctl kickstart gui/1000/local.mcp-watch'])
  })

  it('waits for launchd to let go of the one before', async () => {
    let refusals = 2
    const usual = scene.host()
    const { code } = await scene.service('install', {
      ...mac,
      run: async (argv, as) => {
        const result = await usual.run(argv, as)
        if (argv[1] !== 'bootstrap' || refusals === 0 || result === null) return result
        refusals -= 1
        return { ...result, code: 5 }
      },
    })
    expect(code).toBe(0)
    expect(scene.done().filter((line) => line.includes('bootstrap'))).toHaveLength(3)
  })

  it('is uninstalled by taking it out and removing its file', async () => {
    await scene.service('install', mac)
    expect((await scene.service('uninstall', mac)).code).toBe(0)
    expect(scene.done()).toEqual(['launchctl bootout gui/1000/local.mcp-watch'])
    expect(existsSync(plist())).toBe(false)
  })
})

it('service install puts the unit where the user’s manager looks, whatever the shell says', async () => {
  const elsewhere = join(scene.home, 'elsewhere')
  const folders = { ...scene.host().folders, config: elsewhere }
  await scene.service('install', { folders })
  expect(existsSync(scene.unit())).toBe(true)
  expect(existsSync(elsewhere)).toBe(false)

  rmSync(scene.unit())
  const stdout = `UnitPath=/run/systemd/user ${elsewhere}/systemd/user /etc/systemd/user\n`
  scene.answers = {
    'systemctl --user show --property=UnitPath': { code: 0, stdout },
    ...scene.answers,
  }
  await scene.service('install', { folders })
  expect(existsSync(join(elsewhere, 'systemd/user/mcp-watch.service'))).toBe(true)
  expect(existsSync(scene.unit())).toBe(false)
})
