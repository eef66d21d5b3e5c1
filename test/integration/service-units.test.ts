/** The service files as systemd itself and a real parser of plists see them. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServiceFacts } from '../../cli/service/facts.ts'
import { renderPlist } from '../../cli/service/render-launchd.ts'
import { renderUnit } from '../../cli/service/render-systemd.ts'
import { readTemplate, type TemplateName } from '../../cli/service/template.ts'
import { parseRecord } from '../../shared/service/record.ts'
import { facts } from '../unit/service/facts.ts'

const has = (tool: string, ...args: string[]): boolean => spawnSync(tool, args).status === 0
const hasAnalyze = has('systemd-analyze', '--version')
const hasPython = has('python3', '-c', 'import plistlib')

/** Names that a unit, a shell or XML could take for something else. */
const ODD = `/srv/my "own" 100% $HOME 'x' <&> --\\n é`
const odd: Partial<ServiceFacts> = {
  record: { version: '1.2.3', node: process.execPath, modules: '115', program: `${ODD}/main.js` },
  options: { interval: { text: '2s', ms: 2_000 }, port: 0 },
  environment: { XDG_STATE_HOME: ODD, CODEX_HOME: '/plain' },
}

describe.skipIf(!hasAnalyze)('as systemd sees it (needs systemd-analyze)', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
    mkdirSync(join(folder, 'run'), { mode: 0o700 })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Its exit code is 0 even for settings that it does not know: what it says is what counts. */
  function analyze(unit: string, ...words: string[]): { status: number | null; said: string } {
    const path = join(folder, 'mcp-watch.service')
    writeFileSync(path, unit)
    const env = { PATH: process.env['PATH'], XDG_RUNTIME_DIR: join(folder, 'run'), LC_ALL: 'C' }
    const { status, stderr } = spawnSync('systemd-analyze', [...words, path], {
      env,
      encoding: 'utf8',
    })
    return { status, said: stderr }
  }
  const security = (unit: string, most: number) =>
    analyze(unit, 'security', '--offline=true', '--no-pager', `--threshold=${most}`).status

  it.each<[TemplateName, Partial<ServiceFacts>]>([
    ['systemd/mcp-watch.service', {}],
    ['systemd/mcp-watch.service', odd],
    ['systemd/mcp-watch.service', { ...odd, canNotify: false }],
    ['systemd/mcp-watch-system.service', { ...odd, scope: 'system' }],
    ['systemd/mcp-watch-system.service', { scope: 'system', sharedTmp: '/tmp' }],
  ])('%s has nothing that it complains of (%#)', (template, changes) => {
    const run = { record: { ...facts().record, node: process.execPath }, ...changes }
    const manager = changes.scope === 'system' ? '--system' : '--user'
    const unit = renderUnit(readTemplate(template), facts(run))
    expect(analyze(unit, manager, 'verify').said).toBe('')
    const wrong = unit.replace('LockPersonality=', 'LockPersonalty=')
    expect(analyze(wrong, manager, 'verify').said).toContain('LockPersonalty')
  })

  // In tenths, as --threshold wants it.
  it('under the system’s manager is exposed by 2.0 at most', () => {
    const unit = renderUnit(
      readTemplate('systemd/mcp-watch-system.service'),
      facts({ ...odd, scope: 'system' }),
    )
    expect(security(unit, 20)).toBe(0)
    expect(security(unit.replace('CapabilityBoundingSet=\n', ''), 20)).not.toBe(0)
  })

  it('under a user’s manager has all of what that can really do (docs/service.md)', () => {
    const unit = renderUnit(readTemplate('systemd/mcp-watch.service'), facts())
    expect(security(unit, 62)).toBe(0)
    expect(security(unit.replace('RestrictNamespaces=yes\n', ''), 62)).not.toBe(0)
  })
})

/** The keys of launchd.plist(5) in macOS 15, of the top level; KeepAlive's own below. */
const TOP_KEYS = `
Label Disabled UserName GroupName inetdCompatibility LimitLoadToHosts LimitLoadFromHosts
LimitLoadToSessionType LimitLoadToHardware LimitLoadFromHardware Program BundleProgram
ProgramArguments EnableGlobbing EnableTransactions EnablePressuredExit OnDemand ServiceIPC
KeepAlive RunAtLoad RootDirectory WorkingDirectory EnvironmentVariables Umask TimeOut
ExitTimeOut ThrottleInterval InitGroups WatchPaths QueueDirectories StartOnMount
StartInterval StartCalendarInterval StandardInPath StandardOutPath StandardErrorPath Debug
WaitForDebugger SoftResourceLimits HardResourceLimits Nice ProcessType AbandonProcessGroup
LowPriorityIO LowPriorityBackgroundIO MaterializeDatalessFiles LaunchOnlyOnce MachServices
Sockets LaunchEvents HopefullyExitsLast HopefullyExitsFirst SessionCreate LegacyTimers
AssociatedBundleIdentifiers`.split(/\s/)
const KEEP_ALIVE_KEYS = 'SuccessfulExit NetworkState PathState OtherJobEnabled Crashed'.split(' ')

const READ = `import json, plistlib, sys
print(json.dumps(plistlib.load(sys.stdin.buffer, fmt=plistlib.FMT_XML)))`

describe.skipIf(!hasPython)('as a parser of plists sees it (needs python3)', () => {
  const changes = { ...odd, platform: 'darwin' as const, canNotify: false }
  const text = renderPlist(readTemplate('launchd/mcp-watch.plist'), facts(changes))
  const { stdout, status } = spawnSync('python3', ['-c', READ], { input: text, encoding: 'utf8' })
  const plist = (status === 0 ? JSON.parse(stdout) : {}) as Record<string, unknown>

  it('has the words and folders as they are, and only keys that Apple documents', () => {
    expect(status).toBe(0)
    expect(Object.keys(plist).filter((key) => !TOP_KEYS.includes(key))).toEqual([])
    const [node, ...rest] = plist['ProgramArguments'] as string[]
    expect(node).toBe(process.execPath)
    expect(rest).toEqual(
      expect.arrayContaining([`${ODD}/main.js`, 'start', '--background', '--interval', '2s']),
    )
    expect(plist['EnvironmentVariables']).toEqual({ XDG_STATE_HOME: ODD, CODEX_HOME: '/plain' })
    expect(parseRecord(text)).toEqual(odd.record)
  })

  it('is started again after a failure only, in the background, with its logs in the state folder', () => {
    const keepAlive = plist['KeepAlive'] as Record<string, unknown>
    expect(Object.keys(keepAlive).filter((key) => !KEEP_ALIVE_KEYS.includes(key))).toEqual([])
    expect(keepAlive['SuccessfulExit']).toBe(false)
    expect(plist).toMatchObject({
      Label: 'local.mcp-watch',
      RunAtLoad: true,
      ProcessType: 'Background',
      ThrottleInterval: 10,
      Umask: 0o077,
      StandardErrorPath: '/home/ada/.local/state/mcp-watch/service.log',
    })
  })
})
