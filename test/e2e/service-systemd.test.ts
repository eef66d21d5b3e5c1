/** The service in a Debian that systemd really booted: installed, started, crashed, stuck, brought up to date, removed. */
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VERSION } from '../../shared/version.ts'
import { PROJECT } from '../helpers/lab.ts'
import { bootMachine, HOME, type Machine, nspawnObstacle, USER } from '../helpers/nspawn.ts'
import { waitFor } from '../helpers/wait-for.ts'
import {
  MAIN,
  PROGRAM,
  type Report,
  STATE,
  SUDO,
  seesServer,
  serviceOn,
  startServer,
} from './service-machine.ts'

const obstacle = nspawnObstacle()

describe.skipIf(obstacle !== null)(`the service under systemd (${obstacle ?? 'booted'})`, () => {
  let machine: Machine

  beforeAll(async () => {
    const node = realpathSync(process.execPath)
    const shown = ['dist', 'systemd', 'launchd', 'node_modules', 'package.json', 'test'].map(
      (name) => [`${PROGRAM}/${name}`, realpathSync(join(PROJECT, name))],
    )
    machine = await bootMachine({
      '/usr/bin/node': node,
      // A client is known by its executable.
      '/opt/cursor/cursor': node,
      ...Object.fromEntries(shown),
    })
  }, 120_000)
  afterAll(async () => await machine?.stop(), 60_000)

  const { mcpWatch, status, running, systemctl, override, engineOf, health } = serviceOn(
    () => machine,
  )

  it('says what to do where no service manager of the user answers', async () => {
    const { code, stderr } = await mcpWatch(['service', 'install'])
    expect(code).toBe(4)
    expect(stderr).toContain(`no service manager of user ${USER} answers`)
    expect(stderr).toContain(`loginctl enable-linger ${USER}`)
  })

  it('installs as a plain user under sudo with --linger: enabled, ready, told as such', async () => {
    const install = ['node', MAIN, 'service', 'install', '--linger']
    const { code, stderr, stdout } = await machine.run(install, SUDO)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toContain('installed as a service and running')
    expect(await machine.shell(`loginctl show-user ${USER} --property=Linger`)).toBe('Linger=yes')
    const unit = `${HOME}/.config/systemd/user/mcp-watch.service`
    expect(await machine.shell(`stat --format=%U ${unit}`)).toBe(USER)
    const asked = '--property=Type,ActiveState,UnitFileState,StatusText,NotifyAccess'
    await waitFor(async () => (await systemctl(`show mcp-watch ${asked}`)).includes('=watching'), {
      what: 'the daemon says that it watches',
      deadlineMs: 40_000,
    })
    const shown = (await systemctl(`show mcp-watch ${asked}`)).split('\n')
    expect(shown).toEqual(
      expect.arrayContaining(['Type=notify', 'ActiveState=active', 'UnitFileState=enabled']),
    )
    expect(await status()).toMatchObject({
      installed: true,
      state: 'running',
      startsByItself: true,
      lingers: true,
      problems: [],
    })
    // It really took the folder with the odd name: the command line finds the daemon through it.
    expect((await mcpWatch(['status'])).code).toBe(0)
  })

  it('can be repeated, and leaves what runs alone', async () => {
    const { pid } = await status()
    const { code, stdout } = await mcpWatch(['service', 'install'])
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('as it should be'),
    })
    expect((await status()).pid).toBe(pid)
  })

  it('stays down when it is asked to end, and comes back with another install', async () => {
    expect((await mcpWatch(['stop'])).code).toBe(0)
    expect(await status()).toMatchObject({ state: 'stopped', trouble: null, restarts: 0 })
    expect((await mcpWatch(['service', 'install'])).code).toBe(0)
    expect(await status()).toMatchObject({ state: 'running' })
  })

  it('sees what a real server connects to, from inside of its sandbox', async () => {
    await startServer(machine)
    await seesServer(async () => (await mcpWatch(['report', '--json'])).stdout)
    // Nothing is kept from it that a program outside of the sandbox could use.
    expect(await engineOf('status')).toEqual(await engineOf('doctor'))
  })

  it('is started again after a kill -9', async () => {
    const { pid } = await status()
    await machine.shell(`kill -KILL ${pid}`)
    expect(await running(pid)).toMatchObject({ restarts: 1 })
  })

  it('is left alone by the watchdog while it samples, and started again when it is stuck', async () => {
    // Short for the test; what the unit says itself is a minute.
    await override('WatchdogSec=6s\\nTimeoutAbortSec=1s')
    const { pid, restarts } = await running()
    const since = Date.now()
    await waitFor(() => Date.now() - since > 9_000, {
      what: 'more than a watchdog time',
      deadlineMs: 12_000,
    })
    expect(await status()).toMatchObject({ pid, restarts })

    await machine.shell(`kill -STOP ${pid}`)
    expect((await running(pid)).restarts).toBe((restarts ?? 0) + 1)
    await override('')
    const { stdout } = await mcpWatch(['service', 'logs'])
    expect(stdout).toContain('started')
  })

  it('could not look into servers, or not start, with the settings that a user’s unit leaves out', async () => {
    const canLook = (expected: boolean): Promise<true> =>
      waitFor(
        async () => {
          const { stdout } = await mcpWatch(['report', '--json', '--since', '3s'])
          const { coverage, servers = [] } = JSON.parse(stdout) as Partial<Report> & {
            coverage?: { notObserved: readonly { reason: string }[] }
          }
          const isBlind = coverage?.notObserved.some(
            ({ reason }) => reason === 'process-unreadable',
          )
          return servers.length > 0 && isBlind === !expected
        },
        { what: `looking into servers is ${expected}`, deadlineMs: 40_000, everyMs: 300 },
      )
    await canLook(true)
    // What ProtectSystem= and the like bring with them from systemd 253 on.
    await override('PrivateUsers=yes')
    await canLook(false)
    await override('CapabilityBoundingSet=').catch(() => undefined)
    expect(await systemctl('show mcp-watch --property=ExecMainStatus')).toBe('ExecMainStatus=218')
    await override('')
    await canLook(true)
  })

  it('is renewed by an install of another version, after its program was removed', async () => {
    // The same program as an earlier version, elsewhere.
    const old = `${HOME}/old 100%`
    await machine.shell(
      `mkdir "${old}" && cp -r ${PROGRAM}/dist ${PROGRAM}/systemd ${PROGRAM}/package.json "${old}" &&
       ln -s ${PROGRAM}/node_modules "${old}/node_modules" &&
       sed -i "s/${VERSION}/0.0.9/" "${old}/dist/shared/version.js"`,
    )
    expect((await mcpWatch(['service', 'install'], `${old}/dist/cli/main.js`)).code).toBe(0)
    expect(await health()).toBe('0.0.9')
    await machine.shell(`rm -r "${old}"`)
    const stale = await status()
    expect(stale.problems.map(({ code }) => code)).toEqual(['program-gone', 'other-version'])
    const { stdout } = await mcpWatch(['service', 'install'])
    expect(stdout).toContain('brought up to date')
    expect(await status()).toMatchObject({ state: 'running', problems: [] })
    expect(await health()).toBe(VERSION)
  })

  it('is refused a second time under the other manager', async () => {
    const { code, stderr } = await machine.run(
      ['node', MAIN, 'service', 'install', '--system'],
      SUDO,
    )
    expect(code).toBe(2)
    expect(stderr).toContain('"mcp-watch service uninstall"')
  })

  it('is uninstalled without losing what was recorded, and says where that is', async () => {
    const { code, stdout } = await mcpWatch(['service', 'uninstall'])
    expect(code).toBe(0)
    expect(stdout).toContain(STATE)
    expect(await systemctl('list-unit-files "mcp-watch*" --no-legend || true')).toBe('')
    expect((await mcpWatch(['service', 'status'])).code).toBe(3)
    expect((await mcpWatch(['service', 'uninstall'])).stdout).toContain('no service is installed')
    const { stdout: report } = await mcpWatch(['report', '--json'])
    expect(report).toContain('203.0.113.10')
  })

  it('runs as the user under the system’s manager too, with all of its sandbox, and sees the same', async () => {
    const service = (word: string) => machine.run(['node', MAIN, 'service', word, '--system'], SUDO)
    const installed = await service('install')
    expect(installed.stderr).toBe('')
    expect(installed.code).toBe(0)
    const show = '--property=User,ActiveState,ProtectSystem,CapabilityBoundingSet'
    const shown = await machine.shell(`systemctl show mcp-watch-1000 ${show}`, { root: true })
    expect(shown.split('\n').toSorted()).toEqual([
      'ActiveState=active',
      'CapabilityBoundingSet=',
      'ProtectSystem=strict',
      `User=${USER}`,
    ])
    const from = new Date().toISOString()
    await seesServer(
      async () => (await mcpWatch(['report', '--json', '--since', '1m'])).stdout,
      from,
    )
    expect((await service('status')).code).toBe(0)
    expect((await service('uninstall')).code).toBe(0)
    const asRoot = { root: true }
    expect(await machine.shell('ls /etc/systemd/system/mcp-watch* 2>&1 || true', asRoot)).toContain(
      'No such',
    )
    expect(await machine.shell(`find "$S" -user root`, { env: { S: STATE } })).toBe('')
  })
})
