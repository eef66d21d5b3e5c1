/** Entries that cannot be told apart are shown as such wherever one of them is. */
import { describe, expect, it } from 'vitest'
import { renderFindingList } from '../../../cli/render/finding-list.ts'
import { renderFindings } from '../../../cli/render/findings.ts'
import { oneOfWords } from '../../../cli/render/one-of.ts'
import { renderReport } from '../../../cli/render/report.ts'
import { renderRunning } from '../../../cli/render/running.ts'
import { renderServerList } from '../../../cli/render/servers.ts'
import { createStyle } from '../../../cli/render/style.ts'
import type { EntryJson } from '../../../shared/contract/common.ts'
import { finding, NOW, report, server, statusServer } from './sample.ts'

const style = createStyle(false)
const entry = (name: string, client = 'cursor'): EntryJson => ({
  serverId: `id of ${name}`,
  server: name,
  client,
})
const oneOf = [entry('notes'), entry('files')]
const [first] = server().instances
if (first === undefined) throw new Error('the sample runs nothing')
const either = { ...first, quality: 'one-of' as const, oneOf }

describe('one of several entries', () => {
  it('is told by their names, and by their clients where those differ', () => {
    expect(oneOfWords(oneOf)).toBe('one of: files, notes')
    expect(oneOfWords([entry('files'), entry('files', 'codex')])).toBe(
      'one of: files (codex), files (cursor)',
    )
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => entry(name))
    expect(oneOfWords(many)).toBe('one of: a, b, c, d and 2 more')
    expect(oneOfWords([entry('a\u001b[2J'), entry('b')])).not.toContain('\u001b')
  })

  it('is the state of a server in the list, unless a copy is certainly its own', () => {
    const list = (instances: (typeof either)[]): string =>
      renderServerList([server({ instances })], style, null)
    expect(list([either])).toContain('one of: files, notes')
    const sure = { ...either, rootPid: 7, oneOf: [] }
    expect(list([either, sure])).not.toContain('one of')
    expect(list([{ ...either, endedAt: NOW }])).not.toContain('one of')
  })

  it('is said of the process in a report', () => {
    const text = renderReport(
      report({ servers: [server({ instances: [either], destinations: [] })] }),
      {
        style,
        columns: null,
      },
    )
    expect(text).toContain('process 4242 is one of: files, notes')
  })

  it('is whom a finding is about', () => {
    const text = renderFindings([finding({ oneOf })], style, null, Date.parse(NOW))
    expect(text).toContain('HIGH  one of: files, notes: ')
    const [from, to] = [report().from, NOW]
    const findings = [finding({ oneOf })]
    const answer = { schemaVersion: 1 as const, from, to, findings }
    const list = renderFindingList(answer, { style, columns: null }, Date.parse(NOW))
    expect(list).toContain(' one of: files, notes ')
  })

  it('is the state of a row of the table', () => {
    const [instance] = statusServer().instances
    if (instance === undefined) throw new Error('the sample runs nothing')
    const row = statusServer({
      instances: [
        { ...instance, oneOf },
        { ...instance, oneOf },
      ],
    })
    const table = (servers: (typeof row)[]): string =>
      renderRunning(servers, { style, columns: null, limit: null, nowMs: Date.parse(NOW) })
    expect(table([row])).toContain('one of: files, notes ×2')
    expect(table([statusServer()])).not.toContain('one of')
  })
})
