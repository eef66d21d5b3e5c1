import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checksOf } from '../../../daemon/doctor/checks.ts'
import { serviceFacts } from '../../../daemon/doctor/service.ts'
import { userUnitPath } from '../../../shared/service/places.ts'
import { recordText, type ServiceRecord } from '../../../shared/service/record.ts'
import { facts as machine } from '../doctor/facts.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mcpw-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** `asked`: the Nodes that were run to learn their ABI. */
async function look(version: string, answer: string) {
  const asked: string[] = []
  const service = await serviceFacts({
    platform: 'linux',
    // Of a user who has no unit in the system's manager here.
    uid: 4_000_000_000,
    home,
    config: join(home, '.config'),
    version,
    runTool: async (path) => {
      asked.push(path)
      const ended = { code: 0, signal: null, timedOut: false, truncated: false, elapsedMs: 1 }
      return { ...ended, stdout: answer, stderr: '' }
    },
  })
  return { service, asked }
}

function install(record: Partial<ServiceRecord>): void {
  const program = join(home, 'main.js')
  writeFileSync(program, '')
  const path = userUnitPath(join(home, '.config'))
  mkdirSync(dirname(path), { recursive: true })
  const made = { version: '1.2.3', node: '/opt/node', modules: '115', program, ...record }
  writeFileSync(path, `# ${recordText(made)}\n[Service]\n`)
}

describe('doctor, of the service', () => {
  it('says nothing where there is none', async () => {
    expect(await look('1.2.3', '115\n')).toEqual({ service: null, asked: [] })
    expect(checksOf(machine()).some(({ area }) => area === 'service')).toBe(false)
  })

  it('finds all well', async () => {
    install({})
    const { service, asked } = await look('1.2.3', '115\n')
    expect(service?.problems).toEqual([])
    expect(asked).toEqual(['/opt/node'])
    const [check] = checksOf(machine({ service })).filter(({ area }) => area === 'service')
    expect(check?.status).toBe('ok')
  })

  it('sends nobody to an installation that would refuse, where the file is not ours', async () => {
    install({})
    const file = userUnitPath(join(home, '.config'))
    writeFileSync(file, '[Service]\n')
    const { service } = await look('1.2.3', '115\n')
    const [check] = checksOf(machine({ service })).filter(({ area }) => area === 'service')
    expect(check?.hint).toBe(`move ${file} away, then "mcp-watch service install"`)
  })

  it('tells of a Node of another ABI, another version, and a program that is gone', async () => {
    install({ program: join(home, 'gone.js') })
    const { service } = await look('2.0.0', '137\n')
    expect(service?.problems).toHaveLength(3)
    const checks = checksOf(machine({ service })).filter(({ area }) => area === 'service')
    expect(checks.map(({ status, hint }) => [status, hint])).toEqual(
      Array.from({ length: 3 }, () => ['warning', '"mcp-watch service install" mends that']),
    )
  })

  it('takes what a Node says that is no number for no answer', async () => {
    install({})
    const { service } = await look('1.2.3', 'hello')
    expect(service?.problems[0]).toContain('is gone')
  })
})
