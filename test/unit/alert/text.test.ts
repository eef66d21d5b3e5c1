import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { notificationOf, type TextContext } from '../../../daemon/alert/text.ts'
import type { ServerId } from '../../../shared/model/ids.ts'
import { record } from '../store/ticks.ts'
import { fetcher, files, found, memory, servers } from './build.ts'

function context(over: Partial<TextContext> = {}): TextContext {
  const records = new Map(servers.map((it) => [it.server.id, it]))
  return { records, hostOf: () => null, isOpening: false, held: 0, ...over }
}

describe('the words', () => {
  it('say which server, where to, which process, and where to read more', () => {
    const high = found(files, 443, { severity: 'high' })
    const shown = notificationOf([high], context({ hostOf: () => 'api.example.com' }))
    expect(shown.title).toBe('mcp-watch: "files" has a connection it should not have')
    expect(shown.body).toBe(
      'api.example.com, 203.0.113.10 port 443 (TCP, the internet). Process 100 (node). ' +
        'Client: claude-desktop. See: mcp-watch findings',
    )
    expect(shown).toMatchObject({ urgency: 'critical', kind: 'local-only-egress' })
  })

  it('say that it is one of several, where they cannot be told apart', () => {
    const [first, second, third] = [files, memory, fetcher].map(({ server }) => server.id)
    if (!first || !second || !third) throw new Error('too few servers')
    const title = (oneOf: readonly ServerId[]): string =>
      notificationOf([found(files, 443, { oneOf })], context()).title
    const both = 'one of "files", "memory"'
    const phrase = 'has a connection it should not have'
    expect(title([first, second])).toBe(`mcp-watch: ${both} ${phrase}`)
    expect(title([first, second, third])).toBe(`mcp-watch: ${both} and 1 more ${phrase}`)
    const [a, b] = [found(files, 1, { oneOf: [first, second] }), found(fetcher, 2)]
    expect(notificationOf([a, b], context()).body).toContain(`${both} ${phrase}; `)
  })

  it('say of a configuration what became of it', () => {
    const drift = { kind: 'config-drift', destination: null, process: null } as const
    const title = (severity: 'medium' | 'high'): string =>
      notificationOf([found(files, 1, { ...drift, severity })], context()).title
    expect(title('high')).toBe('mcp-watch: "files" came to several clients at once')
    expect(title('medium')).toBe('mcp-watch: "files" was changed in its client’s configuration')
  })

  it('list a few servers of many', () => {
    const all = servers.map((it) => found(it, 1))
    const [first, ...others] = all
    if (first === undefined) throw new Error('no server')
    const { title, body } = notificationOf([first, ...others], context())
    expect(title).toBe('mcp-watch: 6 servers need a look')
    expect(body).toContain('and 2 more. See: mcp-watch findings')
  })

  it('are one short line without controls, whatever programs and files are called', () => {
    const unit = fc.constantFrom(
      '\u001b[2J',
      '\u0000',
      '\n',
      '\u202e',
      '"',
      '<b>',
      '&',
      'é',
      '😀',
      'x',
    )
    const hostile = fc.string({ unit, maxLength: 300 })
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, host, program) => {
        const of = record(name)
        const process = { pid: 1, role: 'server', executable: `/opt/${program}` } as const
        const records = new Map([[of.server.id, of]])
        const shown = notificationOf(
          [found(of, 1, { process })],
          context({ records, hostOf: () => host }),
        )
        const text = `${shown.title}${shown.body}`
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(shown.title.startsWith('mcp-watch: ')).toBe(true)
        expect([...shown.title].length).toBeLessThanOrEqual(120)
        expect([...shown.body].length).toBeLessThanOrEqual(500)
        expect(shown.body.endsWith('See: mcp-watch findings')).toBe(true)
      }),
    )
  })
})
