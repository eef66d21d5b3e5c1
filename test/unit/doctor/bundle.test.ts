import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeBundle } from '../../../daemon/doctor/bundle.ts'
import { redact } from '../../../daemon/doctor/redact.ts'
import type { Doctor } from '../../../shared/contract/doctor.ts'
import { finding, status, statusServer } from '../cli/sample.ts'
import { AT, facts } from './facts.ts'

const person = { homes: ['/srv/people/ada', '/home/ada'], names: ['ada'], hostname: 'analytical' }

describe('redaction', () => {
  it.each([
    ['/srv/people/ada/.cursor/mcp.json', '~/.cursor/mcp.json'],
    ['/home/ada', '~'],
    ['/home/ada2/x', '/home/<user>/x'],
    ['/Users/Bob/x:3', '/Users/<user>/x:3'],
    ['project:/mnt/ada/work', 'project:/mnt/<user>/work'],
    ['ADA-notes on Analytical', '<user>-notes on <host>'],
    ['Canada stays', 'Canada stays'],
    ['mcp-watch-ada/api.sock', 'mcp-watch-<user>/api.sock'],
  ])('%j becomes %j', (text, left) => {
    expect(redact({ [text]: [text] }, person)).toEqual({ [left]: [left] })
  })

  it('leaves words that are everybody’s, and short ones but for folders', () => {
    const common = { homes: ['/admin'], names: ['root', 'al'], hostname: 'localhost' }
    expect(redact(['root', 'al fresco', '/mnt/al/x', '/admin/x', '/admins'], common)).toEqual([
      'root',
      'al fresco',
      '/mnt/<user>/x',
      '~/x',
      '/admins',
    ])
  })

  it('leaves no user name in any path, whatever it is made of', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9._$+()-]{3,12}$/).filter((it) => /[a-z]/i.test(it))
    fc.assert(
      fc.property(name, fc.stringMatching(/^[qz/]{0,10}$/), (user, tail) => {
        const home = `/h/${user}`
        const given = { homes: [home], names: [user], hostname: null }
        const [inside, outside] = redact([`${home}/${tail}`, `/mnt/${user}/${tail}`], given)
        expect(inside).toBe(`~/${tail}`)
        fc.pre(!/^(user|root|home|admin|localhost|dev|usr|tmp|mnt)$/i.test(user))
        expect(outside).toBe(`/mnt/<user>/${tail}`)
      }),
    )
  })
})

it('a bundle says what it holds, and holds no addresses, findings, names or homes', () => {
  const doctor: Doctor = {
    schemaVersion: 1,
    generatedAt: AT,
    possible: true,
    ...facts(),
    checks: [],
    cannotSee: [],
  }
  const server = statusServer({ name: 'of ada', lastFinding: finding() })
  const log = [{ time: AT, level: 40, message: '/home/ada/x is odd', code: null }]
  const bundle = makeBundle({ doctor, status: status({ servers: [server] }), log, person })
  const text = gunzipSync(bundle.bytes).toString()
  expect(JSON.parse(text)).toMatchObject({
    doctor: { user: { home: '~' }, state: { folder: '~/.local/state/mcp-watch' } },
    servers: [{ name: 'of <user>', state: 'running', instances: [{ quality: 'exact' }] }],
    log: [{ message: '~/x is odd' }],
  })
  expect(text).not.toMatch(/\bada\b|203\.0\.113|explanation|rootPid/i)
  expect(bundle.contents.join()).toContain('1 line of the log')
})
