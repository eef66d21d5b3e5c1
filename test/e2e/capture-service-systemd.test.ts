/** The capture service's unit in a Debian that systemd really booted. */
import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServiceStatus } from '../../shared/contract/service.ts'
import { PROJECT } from '../helpers/lab.ts'
import { bootMachine, type Machine, nspawnObstacle } from '../helpers/nspawn.ts'
import { waitFor } from '../helpers/wait-for.ts'

const PROGRAM = '/opt/mcp-watch'
const UNIT = 'mcp-watch-capture'
const FILE = `/etc/systemd/system/${UNIT}.service`
const ROOT = { root: true }
/** What the machine shows of this folder would be refused there. */
const isRoots = ['dist', 'node_modules'].every((name) => {
  const { uid, mode } = statSync(join(PROJECT, name))
  return uid === 0 && (mode & 0o022) === 0
})
const obstacle = nspawnObstacle() ?? (isRoots ? null : 'needs a folder that only root can write')

describe.skipIf(obstacle !== null)(`the capture service (${obstacle ?? 'booted'})`, () => {
  let machine: Machine

  beforeAll(async () => {
    const node = realpathSync(process.execPath)
    const shown = ['dist', 'systemd', 'node_modules', 'package.json', 'test'].map((name) => [
      `${PROGRAM}/${name}`,
      realpathSync(join(PROJECT, name)),
    ])
    // What the machine's own systemd has to have before it can give it to a service.
    machine = await bootMachine({ '/usr/bin/node': node, ...Object.fromEntries(shown) }, [
      '--capability=CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON',
      '--system-call-filter=bpf',
    ])
  }, 120_000)
  afterAll(async () => await machine?.stop(), 60_000)

  const service = (...words: string[]) =>
    machine.run(['node', `${PROGRAM}/dist/cli/main.js`, 'service', ...words], ROOT)
  const exact = async (): Promise<ServiceStatus['exact']> =>
    (JSON.parse((await service('status', '--json')).stdout) as ServiceStatus).exact
  const mainPid = (): Promise<string> =>
    machine.shell(`systemctl show --value --property=MainPID ${UNIT}`, ROOT)

  it('refuses to start in a container, and says why', async () => {
    const { code, stderr } = await service('install', '--exact')
    expect(code).toBe(4)
    expect(stderr).toContain(`"journalctl -u ${UNIT}.service" may say why`)
    const said = await machine.shell(`journalctl --no-pager --unit=${UNIT}`, ROOT)
    expect(said).toContain('a pid namespace')
    expect(said).toContain('outside of any container')
    expect(await exact()).toMatchObject({ file: FILE, problems: [] })
    expect((await exact())?.state).not.toBe('running')
  })

  it('can load the programs from inside of its sandbox, with three capabilities and no others', async () => {
    const folder = `/run/systemd/system/${UNIT}.service.d`
    const inside = `/usr/bin/node ${PROGRAM}/test/e2e/capture-service-inside.mjs`
    await machine.shell(
      `mkdir -p ${folder} && printf '[Service]\\nExecStart=\\nExecStart=${inside}\\n' > ${folder}/test.conf
       systemctl daemon-reload && systemctl reset-failed ${UNIT} && systemctl restart ${UNIT}`,
      ROOT,
    )
    expect(await exact()).toMatchObject({ state: 'running' })
    const pid = await mainPid()
    const status = await machine.shell(`cat /proc/${pid}/status`, ROOT)
    for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb']) {
      expect(status).toMatch(new RegExp(`^${set}:\\s+000000c000001000$`, 'm'))
    }
    expect(status).not.toMatch(/^Uid:\s+0\b/m)
    // Another of these, and it would see a part for the whole.
    for (const space of ['cgroup', 'pid', 'user']) {
      const [own, first] = [`/proc/${pid}/ns/${space}`, `/proc/1/ns/${space}`]
      expect(
        await machine.shell(`test $(readlink ${own}) = $(readlink ${first}); echo $?`, ROOT),
      ).toBe('0')
    }
    const place = await machine.shell(
      'stat --format=%a /run/mcp-watch-capture /run/mcp-watch-capture/socket',
      ROOT,
    )
    expect(place.split('\n')).toEqual(['755', '666'])
  })

  it('tells a plain user of that user’s connection, and not of root’s', async () => {
    const client = `${PROGRAM}/test/integration/capture-service-client.mjs`
    const log = '/tmp/heard'
    await machine.shell(
      `setsid node ${client} /run/mcp-watch-capture/socket > ${log} 2>&1 < /dev/null &`,
    )
    const heard = (): Promise<string> => machine.shell(`cat ${log}`)
    await waitFor(async () => (await heard()).includes('connected'), {
      what: 'it is connected',
      deadlineMs: 20_000,
    })
    // Below the machine's control group, as the service attaches to that. Nobody listens there.
    const connect = `node -e "require('node:net').connect(9, '203.0.113.10').on('error', () => {})"`
    for (const uid of [0, 1000]) {
      await machine.shell(`systemd-run --quiet --wait --uid=${uid} ${connect}`, ROOT)
    }
    await waitFor(async () => (await heard()).includes('8 of'), {
      what: 'the end of the attempt is heard',
      deadlineMs: 20_000,
    })
    const actors = (await heard()).split('\n').filter((line) => line.startsWith('1 of'))
    expect(new Set(actors)).toEqual(new Set(['1 of 1000']))
  })

  it('is started again after a kill -9', async () => {
    const before = await mainPid()
    // 0, where nothing runs, would be this test's own group.
    expect(before).toMatch(/^[1-9]/)
    await machine.shell(`kill -KILL ${before}`, ROOT)
    await waitFor(
      async () => {
        const now = await mainPid()
        return now !== '0' && now !== before && (await exact())?.state === 'running'
      },
      { what: 'it runs again', deadlineMs: 30_000, everyMs: 300 },
    )
  })

  it('is not taken away by a plain user, but by root, with all of it', async () => {
    const plain = ['node', `${PROGRAM}/dist/cli/main.js`, 'service', 'uninstall', '--exact']
    const refused = await machine.run(plain)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('"sudo mcp-watch service uninstall --exact"')
    const removed = await service('uninstall', '--exact')
    expect(removed).toMatchObject({ code: 0, stderr: '' })
    expect(await exact()).toBeNull()
    expect(await machine.shell(`ls ${FILE} /run/mcp-watch-capture 2>/dev/null | wc -l`, ROOT)).toBe(
      '0',
    )
  })
})
