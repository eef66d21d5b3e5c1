import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Host } from '../../../cli/service/gather.ts'
import { serviceStatusSchema } from '../../../shared/contract/service.ts'
import { createServiceScene, type ServiceScene, state } from './service-scene.ts'

let scene: ServiceScene
beforeEach(() => {
  scene = createServiceScene()
})
afterEach(() => scene.remove())

describe('service uninstall', () => {
  it('stops and removes the service, and says what it left and where', async () => {
    await scene.service('install')
    const { code, out } = await scene.service('uninstall')
    expect(code).toBe(0)
    expect(existsSync(scene.unit())).toBe(false)
    expect(scene.done()[0]).toBe('systemctl --user disable --now mcp-watch.service')
    expect(existsSync(join(scene.home, 'state/mcp-watch'))).toBe(true)
    expect(out).toContain(join(scene.home, 'state/mcp-watch'))
    expect(out).toContain('policy.jsonc')
  })

  it('does not say that it stopped what its manager was not there to stop', async () => {
    await scene.service('install')
    scene.answers = { 'systemctl --user': { code: 1, stdout: '' } }
    const { code, out } = await scene.service('uninstall')
    expect(code).toBe(0)
    expect(existsSync(scene.unit())).toBe(false)
    expect(out).not.toContain('stopped')
    expect(out).toContain('systemd did not answer: if mcp-watch runs, "mcp-watch stop" ends it')
  })

  it('does nothing where there is none', async () => {
    const { code, out } = await scene.service('uninstall')
    expect(code).toBe(0)
    expect(out).toContain('no service is installed')
    expect(scene.done()).toEqual([])
  })

  it('with --dry-run leaves it installed', async () => {
    await scene.service('install')
    const { out } = await scene.service('uninstall --dry-run')
    expect(out).toContain(`remove ${scene.unit()}`)
    expect(existsSync(scene.unit())).toBe(true)
    expect(scene.done()).toEqual([])
  })
})

describe('service status', () => {
  const status = async (changes: Partial<Host> = {}) => {
    const { code, out } = await scene.service('status --json', changes)
    return { code, answer: serviceStatusSchema.parse(JSON.parse(out)) }
  }

  it('ends with 3 where nothing is installed, and where it does not run', async () => {
    expect((await status()).code).toBe(3)
    await scene.service('install')
    expect(await status()).toMatchObject({ code: 3, answer: { installed: true, state: 'stopped' } })
    scene.answers = { 'systemctl --user show': state('active') }
    expect(await status()).toMatchObject({ code: 0, answer: { state: 'running', pid: 77 } })
  })

  it('tells of a Node that is gone, and what mends that', async () => {
    await scene.service('install')
    scene.answers = { 'systemctl --user show': state('failed') }
    const gone = { modulesOf: async () => null }
    const { problems } = (await status(gone)).answer
    expect(problems.map(({ code }) => code)).toContain('node-gone')
    const { out } = await scene.service('status', gone)
    expect(out).toContain('the Node that it runs is gone: /usr/bin/node')
    expect(out).toContain('"mcp-watch service install" mends that')
  })
})

it('service logs shows the daemon’s log and the manager’s, with nothing that a terminal obeys', async () => {
  scene.answers = { journalctl: { code: 0, stdout: 'Started\u001b[2J\nFailed\n' } }
  const { code, out } = await scene.service('logs -n 5')
  expect(code).toBe(0)
  expect(scene.commands[0]).toContain('--user-unit=mcp-watch.service')
  expect(scene.commands[0]).toContain('--lines=5')
  expect(out).toContain('warning  slow (TOOL_TIMEOUT)')
  expect(out).toMatch(/Started\nFailed\n$/)
  expect(out).not.toContain('\u001b')
})
