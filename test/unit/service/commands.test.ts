import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Entry } from '../../../cli/io.ts'
import { run } from '../../../cli/run.ts'
import type { Host } from '../../../cli/service/gather.ts'
import type { DaemonFile } from '../../../shared/contract/answers.ts'
import { serviceStatusSchema } from '../../../shared/contract/service.ts'
import { fakeIo } from '../cli/fake-io.ts'
import { NOW } from '../cli/sample.ts'

type Answers = Partial<Record<string, { readonly code: number; readonly stdout: string }>>

let home: string
let commands: string[]
let answers: Answers
let running: DaemonFile | null

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mcpw-'))
  commands = []
  running = null
  answers = {
    'systemctl --user show': state('inactive'),
    'launchctl print': { code: 113, stdout: '' },
  }
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const state = (active: string) => ({
  code: 0,
  stdout: `ActiveState=${active}\nUnitFileState=enabled\nMainPID=${active === 'active' ? 77 : 0}\n`,
})
const daemon: DaemonFile = { pid: 77, startedAt: NOW, version: '1.2.3', socket: '/x', port: null }

/** A host whose service manager does what the test says, in a home that is really there. */
function host(changes: Partial<Host> = {}): Host {
  return {
    platform: 'linux',
    user: { uid: 1000, name: 'ada', home },
    isRoot: false,
    isSudo: false,
    program: { version: '1.2.3', node: '/usr/bin/node', modules: '115' },
    environment: { XDG_CONFIG_HOME: join(home, '.config') },
    folders: {
      state: join(home, 'state/mcp-watch'),
      config: join(home, '.config'),
      policyFile: join(home, '.config/mcp-watch/policy.jsonc'),
    },
    sharedTmp: null,
    canNotify: async () => true,
    run: async (argv) => {
      const line = argv.join(' ')
      commands.push(line)
      const known = Object.keys(answers).find((each) => line.startsWith(each))
      const answer = answers[known ?? ''] ?? { code: 0, stdout: '' }
      const ended = { signal: null, timedOut: false, truncated: false, elapsedMs: 1 }
      return { ...ended, ...answer, stderr: '' }
    },
    modulesOf: async () => '115',
    logLines: () => [{ time: NOW, level: 40, message: 'slow\u001b[31m', code: 'TOOL_TIMEOUT' }],
    asOwner: (work) => work(),
    ...changes,
  }
}

async function service(words: string, changes: Partial<Host> = {}) {
  commands = []
  const entry: Partial<Entry> = {
    serviceHost: async () => host(changes),
    locateDaemon: () => running,
  }
  const io = fakeIo(entry)
  const code = await run(['service', ...words.split(' ')], io)
  return { code, ...io.written() }
}

const unit = (): string => join(home, '.config/systemd/user/mcp-watch.service')
const done = (): string[] => commands.filter((line) => !/ (show|print) /.test(line))

describe('service install', () => {
  it('writes the unit and has it enabled and started, in this order', async () => {
    expect(await service('install')).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(unit(), 'utf8')).toContain('ExecStart=/usr/bin/node')
    expect(statSync(join(home, 'state/mcp-watch')).mode & 0o777).toBe(0o700)
    expect(done()).toEqual([
      'systemctl --user show-environment',
      'systemctl --user daemon-reload',
      'systemctl --user enable mcp-watch.service',
      'systemctl --user reset-failed mcp-watch.service',
      'systemctl --user restart mcp-watch.service',
    ])
  })

  it('the second time restarts nothing that runs; with another Node it does', async () => {
    await service('install')
    answers = { 'systemctl --user show': state('active') }
    running = daemon
    const again = await service('install')
    expect(again.out).toContain('as it should be')
    expect(done().at(-1)).toBe('systemctl --user start mcp-watch.service')

    const program = { version: '1.2.3', node: '/opt/node/bin/node', modules: '137' }
    const renewed = await service('install', { program })
    expect(renewed.out).toContain('brought up to date')
    expect(done().at(-1)).toBe('systemctl --user restart mcp-watch.service')
    expect(readFileSync(unit(), 'utf8')).toContain('ExecStart=/opt/node/bin/node')
  })

  it('with --dry-run prints the whole file and every command, and does nothing', async () => {
    const { out } = await service('install --dry-run --linger --engine sock-diag --interval 5s')
    expect(done()).toEqual([])
    expect(existsSync(join(home, '.config'))).toBe(false)
    expect(out).toContain(`write ${unit()}:`)
    expect(out).toMatch(/^ {2}\| ExecStart=.* --engine sock-diag --interval 5s$/m)
    expect(out).toMatch(/^run loginctl enable-linger ada\nrun systemctl --user daemon-reload$/m)
    await service('install')
    const shown = [...out.matchAll(/^ {2}\| ?(.*)$/gm)].map(([, line]) => line)
    const written = readFileSync(unit(), 'utf8').trimEnd().split('\n')
    expect(shown.filter((line) => line?.startsWith('ExecStart') !== true)).toEqual(
      written
        .filter((line) => !line.startsWith('ExecStart'))
        .map((line) => line.replace('60s', '100s')),
    )
  })

  it('does nothing while another daemon, no service, is running', async () => {
    running = daemon
    expect(await service('install')).toMatchObject({
      code: 3,
      err: expect.stringContaining('(pid 77), and not as this service'),
    })
    expect(existsSync(unit())).toBe(false)
  })

  it('leaves everything as it is where no manager of the user answers', async () => {
    answers = { 'systemctl --user': { code: 1, stdout: '' } }
    const { code, err } = await service('install')
    expect(code).toBe(4)
    expect(err).toContain('no service manager of user ada answers')
    expect(existsSync(unit())).toBe(false)
  })

  it('names the step that failed', async () => {
    answers = { ...answers, 'systemctl --user restart': { code: 1, stdout: '' } }
    expect(await service('install')).toMatchObject({
      code: 4,
      err: expect.stringMatching(/could not start mcp-watch\n.*"systemctl --user restart/),
    })
  })

  it.each([{}, { platform: 'darwin' as const, isSudo: true }])(
    'refuses --system where that cannot be: %j',
    async (changes) => {
      expect((await service('install --system', changes)).code).toBe(2)
      expect(commands).toEqual([])
    },
  )
})

describe('service install on macOS', () => {
  const mac = { platform: 'darwin' as const }
  const plist = (): string => join(home, 'Library/LaunchAgents/local.mcp-watch.plist')

  it('loads the agent anew when it changed, else only sees that it runs', async () => {
    expect(await service('install', mac)).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(plist(), 'utf8')).toContain('<string>local.mcp-watch</string>')
    expect(done()).toEqual([
      'launchctl bootout gui/1000/local.mcp-watch',
      'launchctl enable gui/1000/local.mcp-watch',
      `launchctl bootstrap gui/1000 ${plist()}`,
      'launchctl kickstart gui/1000/local.mcp-watch',
    ])
    answers = { 'launchctl print': { code: 0, stdout: '\tpid = 77\n' } }
    await service('install', mac)
    expect(done()).toEqual(['launchctl kickstart gui/1000/local.mcp-watch'])
  })

  it('waits for launchd to let go of the one before', async () => {
    let refusals = 2
    const usual = host()
    const { code } = await service('install', {
      ...mac,
      run: async (argv, as) => {
        const result = await usual.run(argv, as)
        if (argv[1] !== 'bootstrap' || refusals === 0 || result === null) return result
        refusals -= 1
        return { ...result, code: 5 }
      },
    })
    expect(code).toBe(0)
    expect(done().filter((line) => line.includes('bootstrap'))).toHaveLength(3)
  })

  it('is uninstalled by taking it out and removing its file', async () => {
    await service('install', mac)
    expect((await service('uninstall', mac)).code).toBe(0)
    expect(done()).toEqual(['launchctl bootout gui/1000/local.mcp-watch'])
    expect(existsSync(plist())).toBe(false)
  })
})

it('service install puts the unit where the user’s manager looks, whatever the shell says', async () => {
  const elsewhere = join(home, 'elsewhere')
  const folders = { ...host().folders, config: elsewhere }
  await service('install', { folders })
  expect(existsSync(unit())).toBe(true)
  expect(existsSync(elsewhere)).toBe(false)

  rmSync(unit())
  const stdout = `UnitPath=/run/systemd/user ${elsewhere}/systemd/user /etc/systemd/user\n`
  answers = { 'systemctl --user show --property=UnitPath': { code: 0, stdout }, ...answers }
  await service('install', { folders })
  expect(existsSync(join(elsewhere, 'systemd/user/mcp-watch.service'))).toBe(true)
  expect(existsSync(unit())).toBe(false)
})

describe('service uninstall', () => {
  it('stops and removes the service, and says what it left and where', async () => {
    await service('install')
    const { code, out } = await service('uninstall')
    expect(code).toBe(0)
    expect(existsSync(unit())).toBe(false)
    expect(done()[0]).toBe('systemctl --user disable --now mcp-watch.service')
    expect(existsSync(join(home, 'state/mcp-watch'))).toBe(true)
    expect(out).toContain(join(home, 'state/mcp-watch'))
    expect(out).toContain('policy.jsonc')
  })

  it('does not say that it stopped what its manager was not there to stop', async () => {
    await service('install')
    answers = { 'systemctl --user': { code: 1, stdout: '' } }
    const { code, out } = await service('uninstall')
    expect(code).toBe(0)
    expect(existsSync(unit())).toBe(false)
    expect(out).not.toContain('stopped')
    expect(out).toContain('systemd did not answer: if mcp-watch runs, "mcp-watch stop" ends it')
  })

  it('does nothing where there is none', async () => {
    const { code, out } = await service('uninstall')
    expect(code).toBe(0)
    expect(out).toContain('no service is installed')
    expect(done()).toEqual([])
  })

  it('with --dry-run leaves it installed', async () => {
    await service('install')
    const { out } = await service('uninstall --dry-run')
    expect(out).toContain(`remove ${unit()}`)
    expect(existsSync(unit())).toBe(true)
    expect(done()).toEqual([])
  })
})

describe('service status', () => {
  const status = async (changes: Partial<Host> = {}) => {
    const { code, out } = await service('status --json', changes)
    return { code, answer: serviceStatusSchema.parse(JSON.parse(out)) }
  }

  it('ends with 3 where nothing is installed, and where it does not run', async () => {
    expect((await status()).code).toBe(3)
    await service('install')
    expect(await status()).toMatchObject({ code: 3, answer: { installed: true, state: 'stopped' } })
    answers = { 'systemctl --user show': state('active') }
    expect(await status()).toMatchObject({ code: 0, answer: { state: 'running', pid: 77 } })
  })

  it('tells of a Node that is gone, and what mends that', async () => {
    await service('install')
    answers = { 'systemctl --user show': state('failed') }
    const gone = { modulesOf: async () => null }
    const { problems } = (await status(gone)).answer
    expect(problems.map(({ code }) => code)).toContain('node-gone')
    const { out } = await service('status', gone)
    expect(out).toContain('the Node that it runs is gone: /usr/bin/node')
    expect(out).toContain('"mcp-watch service install" mends that')
  })
})

describe('a service file that somebody else wrote', () => {
  const theirs = '[Service]\nExecStart=/usr/local/bin/mcp-watch start\n'
  const write = (path: string): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, theirs)
  }

  it.each(['install', 'uninstall', 'install --dry-run', 'uninstall --dry-run'])(
    'is left as it is by %s, which says what to do by hand',
    async (words) => {
      write(unit())
      expect(await service(words)).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringMatching(
          /not written by this program.*\n.*"systemctl --user disable --now mcp-watch.service"/,
        ),
      })
      expect(readFileSync(unit(), 'utf8')).toBe(theirs)
      expect(done()).toEqual([])
    },
  )

  it('is left as it is on macOS too', async () => {
    const plist = join(home, 'Library/LaunchAgents/local.mcp-watch.plist')
    write(plist)
    const { code, err } = await service('uninstall', { platform: 'darwin' })
    expect([code, done()]).toEqual([2, []])
    expect(err).toContain('"launchctl bootout gui/1000/local.mcp-watch"')
    expect(readFileSync(plist, 'utf8')).toBe(theirs)
  })

  it('is not said to be mended by an installation that would refuse', async () => {
    write(unit())
    const { out } = await service('status')
    expect(out).toContain('move the file away, then "mcp-watch service install"')
    expect(out).not.toContain('mends')
  })

  it('and a folder in its place is said to be one', async () => {
    mkdirSync(unit(), { recursive: true })
    const { code, err } = await service('install')
    expect(code).toBe(4)
    expect(err).toMatch(/EISDIR.*\n.*a folder is in the place of the file: move it away/)
  })
})

it('service logs shows the daemon’s log and the manager’s, with nothing that a terminal obeys', async () => {
  answers = { journalctl: { code: 0, stdout: 'Started\u001b[2J\nFailed\n' } }
  const { code, out } = await service('logs -n 5')
  expect(code).toBe(0)
  expect(commands[0]).toContain('--user-unit=mcp-watch.service')
  expect(commands[0]).toContain('--lines=5')
  expect(out).toContain('warning  slow (TOOL_TIMEOUT)')
  expect(out).toMatch(/Started\nFailed\n$/)
  expect(out).not.toContain('\u001b')
})
