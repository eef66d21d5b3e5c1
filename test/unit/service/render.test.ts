import { describe, expect, it } from 'vitest'
import { renderUnit } from '../../../cli/service/render-systemd.ts'
import { fillIn, readTemplate } from '../../../cli/service/template.ts'
import { NODE_FLAGS } from '../../../shared/node-flags.ts'
import { parseRecord } from '../../../shared/service/record.ts'
import { facts, settings } from './facts.ts'

const user = readTemplate('systemd/mcp-watch.service')
const system = readTemplate('systemd/mcp-watch-system.service')

describe('a template', () => {
  it('is filled in once, and loses the lines that nothing is filled into', () => {
    expect(fillIn('a @ONE@\n@TWO@\n\nb@c', { ONE: '@TWO@', TWO: '' })).toBe('a @TWO@\n\nb@c')
  })

  it('with a place that nobody fills in is a fault of ours', () => {
    expect(() => fillIn('@THREE@', {})).toThrow('THREE')
  })
})

describe('the unit of a user', () => {
  it('runs the daemon with the options asked for and the folders that count', () => {
    const options = { engine: 'lsof', interval: { text: '2s', ms: 2000 }, port: 0 } as const
    const unit = renderUnit(user, facts({ options }))
    const [exec] = settings(unit, 'ExecStart')
    const program = '/opt/mcp-watch/dist/cli/main.js start --background'
    expect(exec).toContain(`/usr/bin/node ${NODE_FLAGS.join(' ')} ${program} --engine lsof`)
    expect(exec).toContain('--engine lsof --interval 2s --port 0')
    expect(settings(unit, 'Environment')).toEqual([
      'XDG_CONFIG_HOME=/home/ada/.config',
      'XDG_STATE_HOME=/home/ada/.local/state',
    ])
    expect(unit).not.toMatch(/@[A-Z_]+@/)
  })

  it('records what it was written for', () => {
    expect(parseRecord(renderUnit(user, facts()))).toEqual(facts().record)
  })

  it('has its watchdog wait for the slowest looks of its interval', () => {
    const slow = renderUnit(user, facts({ options: { interval: { text: '1m', ms: 60_000 } } }))
    expect(settings(renderUnit(user, facts()), 'WatchdogSec')).toEqual(['60s'])
    // Slow samples make an engine look up to eight times less often.
    expect(Number.parseInt(settings(slow, 'WatchdogSec')[0] ?? '', 10)).toBeGreaterThan(8 * 60)
  })

  it('does not make systemd wait for what the daemon cannot tell', () => {
    const unit = renderUnit(user, facts({ canNotify: false }))
    expect(settings(unit, 'Type')).toEqual(['exec'])
    expect(unit).not.toMatch(/^(WatchdogSec|NotifyAccess)=/m)
  })

  it('has no setting that puts a user’s service into a user namespace, or ends it', () => {
    const mounting =
      /^(Private|Protect|ReadWrite|ReadOnly|Inaccessible|Bind|TemporaryFile|Root|Capability|User)\w*=/m
    expect(renderUnit(user, facts())).not.toMatch(mounting)
  })
})

describe('the unit of the system’s manager', () => {
  const scope = 'system' as const

  it('runs as the user, who can write in the folders of mcp-watch and nowhere else', () => {
    const unit = renderUnit(system, facts({ scope }))
    expect(settings(unit, 'User')).toEqual(['ada'])
    expect(settings(unit, 'ReadWritePaths')).toEqual([
      '/home/ada/.local/state/mcp-watch /home/ada/.config/mcp-watch -/run/user/1000',
    ])
    expect(settings(unit, 'PrivateTmp')).toEqual(['yes'])
    expect(settings(unit, 'CapabilityBoundingSet')).toEqual([''])
    expect(unit).not.toMatch(/@[A-Z_]+@/)
  })

  it('shares the folder for temporary files where the API’s socket has to be in it', () => {
    const unit = renderUnit(system, facts({ scope, sharedTmp: '/var/my tmp' }))
    expect(settings(unit, 'PrivateTmp')).toEqual([])
    expect(settings(unit, 'ReadWritePaths')).toContain('"/var/my tmp"')
  })
})
