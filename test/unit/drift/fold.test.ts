import { describe, expect, it } from 'vitest'
import { MAX_CHANGES_AN_HOUR, MAX_FINDINGS_AN_HOUR } from '../../../daemon/drift/allowance.ts'
import { entryOf, FILES, follow, MINUTE, remoteOf, SECOND, T0 } from './build.ts'

const notes = entryOf('cursor', 'notes', 'npx notes@1.0.0')
const other = entryOf('cursor', 'other', 'other-server')
const SETTLED = 4 * SECOND

const told = (it: ReturnType<typeof follow>) =>
  it.changes.map(({ kind, field, from, to }) => [kind, field, from, to])

describe('what is told', () => {
  it('is nothing at the first look of all, and nothing while nothing changes', () => {
    const it = follow([notes])
    const before = it.state()
    it.tick(SECOND)
    expect([it.changes, [...it.findings]]).toEqual([[], []])
    expect(it.state().known).toBe(before.known)
    expect([...it.written.values()]).toMatchObject([
      { name: 'notes', arrived: null, firstSeen: T0 },
    ])
  })

  it('is each change once it stayed for a moment, with its time and its weight', () => {
    const it = follow([notes, other])
    it.tick(SECOND, [{ ...notes, launch: entryOf('cursor', 'x', 'npx evil').launch }])
    expect(it.changes).toEqual([])
    it.tick(SETTLED)
    expect(told(it)).toEqual([
      ['changed', 'package', 'npm notes 1.0.0', 'npm evil'],
      ['removed', null, 'other-server', null],
    ])
    expect(it.changes[0]).toMatchObject({ since: T0, at: T0 + SECOND })
    const [changed, removed] = [...it.findings.values()]
    expect(changed).toMatchObject({ severity: 'medium', count: 1, serverId: notes.id })
    expect(changed?.explanation).toContain('from "npm notes 1.0.0" to "npm evil"')
    expect(changed?.explanation).toContain(FILES.cursor)
    expect(removed).toMatchObject({ severity: 'low', serverId: other.id })
    it.tick(MINUTE)
    expect(it.changes).toHaveLength(2)
  })

  it('is dated by the file, where that changed between the two looks', () => {
    const it = follow([notes])
    it.tick(10 * SECOND, [notes, other], { changedAt: new Map([[FILES.cursor, T0 + 7_500]]) })
    it.tick(SETTLED)
    expect(it.changes).toMatchObject([{ kind: 'added', since: T0, at: T0 + 7_500 }])
    const late = follow([notes])
    late.tick(10 * SECOND, [notes, other], { changedAt: new Map([[FILES.cursor, T0 - 1]]) })
    late.tick(SETTLED)
    expect(late.changes).toMatchObject([{ since: T0, at: T0 + 10_000 }])
  })

  it('is nothing of an entry that is gone or other for a moment, or comes and goes', () => {
    const it = follow([notes])
    for (const servers of [[], [notes], [{ ...notes, disabled: true }], [notes], [notes, other]])
      it.tick(SECOND, servers)
    it.tick(SECOND, [notes])
    it.tick(MINUTE)
    expect(it.changes).toEqual([])
  })

  it('waits longer where the whole file is gone', () => {
    const it = follow([notes])
    it.tick(SECOND, [], { files: [] })
    it.tick(10 * SECOND)
    expect(it.changes).toEqual([])
    it.tick(6 * SECOND)
    expect(told(it)).toEqual([['removed', null, 'npx: npm notes 1.0.0', null]])
  })

  it('is a thing that changes all the time ever more seldom', () => {
    const it = follow([notes])
    for (let second = 0; second < 1_800; second += 1)
      it.tick(SECOND, [entryOf('cursor', 'notes', `npx notes@1.0.${second}`)])
    expect(it.changes.length).toBeGreaterThan(5)
    expect(it.changes.length).toBeLessThan(30)
    expect(it.findings.size).toBeLessThanOrEqual(MAX_FINDINGS_AN_HOUR + 1)
  })

  it('is the same change again one finding a day', () => {
    const it = follow([notes])
    const evil = entryOf('cursor', 'notes', 'evil')
    for (let n = 0; n < 3; n += 1) {
      for (const now of [evil, notes]) {
        it.tick(SECOND, [now])
        it.tick(5 * MINUTE)
      }
    }
    expect(it.changes.filter(({ field, to }) => field === 'command' && to === 'evil')).toHaveLength(
      3,
    )
    const again = [...it.findings.values()].filter(({ explanation }) =>
      explanation.includes('to "evil"'),
    )
    expect(again).toMatchObject([{ count: 3 }])
    it.tick(24 * 60 * MINUTE, [evil])
    const { findings } = it.tick(SETTLED)
    expect(findings.filter(({ count }) => count === 1)).not.toEqual([])
  })

  it('survives a clock that is set back', () => {
    const it = follow([notes])
    it.tick(SECOND, [notes, other])
    it.tick(-60 * MINUTE)
    expect(it.changes).toMatchObject([{ kind: 'added' }])
    const { since = 0, at = 0 } = it.changes[0] ?? {}
    expect(since).toBeLessThanOrEqual(at)
  })
})

describe('what is new to us and not new', () => {
  const project = '/home/u/project/.mcp.json'
  const ours = entryOf('cursor', 'ours', 'ours', {
    source: project,
    scope: 'project:/home/u/project',
  })

  it('is learned silently: a file that was not read before and was not written now', () => {
    const it = follow([notes])
    it.tick(MINUTE, [notes, ours], { changedAt: new Map([[project, T0 - MINUTE]]) })
    it.tick(MINUTE)
    expect(it.changes).toEqual([])
    expect(it.written.get(ours.id)).toMatchObject({ arrived: null, firstSeen: T0 + MINUTE })
    const next = entryOf('cursor', 'next', 'next', { source: project })
    it.tick(SECOND, [notes, ours, next])
    it.tick(SETTLED)
    expect(it.changes).toMatchObject([{ kind: 'added', serverId: next.id }])
  })

  it('is told where the file was written since the last look', () => {
    const it = follow([notes])
    it.tick(MINUTE, [notes, ours], { changedAt: new Map([[project, T0 + MINUTE - 500]]) })
    it.tick(SETTLED)
    expect(it.changes).toMatchObject([{ kind: 'added', serverId: ours.id, at: T0 + MINUTE - 500 }])
  })

  it('is what a client was told of on its command line, for as long as that runs', () => {
    const source = '/tmp/session-1.json'
    const named = new Set([source])
    const theirs = entryOf('cursor', 'theirs', 'theirs', { source })
    const it = follow([notes])
    const changedAt = new Map([[source, T0 + SECOND]])
    it.tick(SECOND, [notes, theirs], { changedAt, named, files: [FILES.cursor, source] })
    it.tick(MINUTE)
    it.tick(SECOND, [notes], { named, files: [FILES.cursor] })
    it.tick(MINUTE)
    expect(it.changes).toEqual([])
    expect(it.written.get(theirs.id)?.present).toBe(false)
    it.tick(SECOND, [notes, theirs], { changedAt, named, files: [FILES.cursor, source] })
    it.tick(SECOND, [notes, { ...theirs, disabled: true }], { named })
    it.tick(MINUTE)
    expect(it.changes).toMatchObject([{ field: 'switch' }])
  })

  it('keeps what is in a file that is there and not looked at any more', () => {
    const it = follow([notes, ours], undefined, (file) => file === project)
    it.tick(SECOND, [notes], { files: [FILES.cursor] })
    it.tick(MINUTE)
    it.tick(MINUTE, [notes, ours])
    it.tick(MINUTE)
    expect(it.changes).toEqual([])
  })
})

describe('the next run', () => {
  const DOWN = 60 * MINUTE
  const restart = (
    it: ReturnType<typeof follow>,
    servers: readonly (typeof notes)[],
    changedAt: ReadonlyMap<string, number>,
    exists: (file: string) => boolean = () => true,
  ) => {
    const over = { changedAt, files: [...changedAt.keys()] }
    const before = { ...it.memory(), lastTickAt: T0 }
    const again = follow(servers, before, exists, { at: T0 + DOWN, over })
    again.tick(SETTLED)
    return again
  }

  it('tells what was changed meanwhile, with the time in between', () => {
    const changed = entryOf('cursor', 'notes', 'npx notes@2.0.0')
    const again = restart(
      follow([notes]),
      [changed, other],
      new Map([[FILES.cursor, T0 + 20 * MINUTE]]),
    )
    expect(again.changes).toMatchObject([
      { field: 'version', to: '2.0.0', since: T0, at: T0 + 20 * MINUTE },
      { kind: 'added', since: T0 },
    ])
    // A report of today has it, however long ago the file was written.
    const [version] = [...again.findings.values()]
    expect(version).toMatchObject({
      firstSeen: T0 + 20 * MINUTE,
      lastSeen: T0 + DOWN + SETTLED,
    })
  })

  it('takes for granted what our own reading makes of a file that nobody wrote', () => {
    const again = restart(
      follow([notes, other]),
      [entryOf('cursor', 'notes', 'npx notes@2.0.0')],
      new Map([[FILES.cursor, T0 - MINUTE]]),
    )
    expect(again.changes).toEqual([])
    expect(again.written.get(notes.id)?.print.version).toBe('2.0.0')
    expect(again.written.get(other.id)?.present).toBe(false)
  })

  it('tells what this one noticed and did not come to tell', () => {
    const it = follow([notes])
    it.tick(SECOND, [notes, other])
    expect(it.changes).toEqual([])
    const changedAt = new Map([[FILES.cursor, T0 + SECOND - 500]])
    const over = { changedAt, files: [FILES.cursor] }
    const before = { ...it.memory(), lastTickAt: T0 + SECOND }
    const again = follow([notes, other], before, undefined, { at: T0 + MINUTE, over })
    again.tick(SETTLED)
    expect(again.changes).toMatchObject([{ kind: 'added', serverId: other.id }])
  })

  it('tells of a switch, which may be in another file than the entry', () => {
    const off = { ...notes, disabled: true }
    const again = restart(follow([notes]), [off], new Map([[FILES.cursor, T0 - MINUTE]]))
    expect(again.changes).toMatchObject([{ field: 'switch', from: 'on', to: 'off' }])
  })

  it('tells no removal of what is in a file that is there and cannot be read', () => {
    expect(restart(follow([notes]), [], new Map(), () => true).changes).toEqual([])
    const before = { ...follow([notes]).memory(), lastTickAt: T0 }
    const again = follow([], before, () => false, { at: T0 + DOWN, over: { files: [] } })
    again.tick(MINUTE)
    expect(again.changes).toMatchObject([{ kind: 'removed', since: T0 }])
  })
})

describe('very many at once', () => {
  it('are some findings and one for all further ones, within an hour', () => {
    const it = follow([notes])
    const crowd = Array.from({ length: 10_000 }, (_, n) =>
      entryOf('cursor', `s${n}`, `server-${n}`),
    )
    it.tick(SECOND, [notes, ...crowd])
    it.tick(SETTLED)
    expect(it.findings.size).toBe(MAX_FINDINGS_AN_HOUR + 1)
    expect(it.changes).toHaveLength(MAX_CHANGES_AN_HOUR)
    const further = [...it.findings.values()].at(-1)
    expect(further?.count).toBe(10_000 - MAX_FINDINGS_AN_HOUR)
    expect(further?.explanation).toContain('only counted here')
    expect(it.written.size).toBe(10_001)
    it.tick(2 * 60 * MINUTE, [notes, other, ...crowd])
    it.tick(SETTLED)
    expect(it.findings.size).toBe(MAX_FINDINGS_AN_HOUR + 2)
  })

  it('are forgotten, the first first, when they are gone and others come', () => {
    const it = follow([notes])
    for (let round = 0; round < 15; round += 1) {
      const crowd = Array.from({ length: 1_000 }, (_, n) =>
        entryOf('cursor', `s${round}-${n}`, 'server'),
      )
      it.tick(SECOND, [notes, ...crowd])
      it.tick(SETTLED)
      it.tick(SECOND, [notes])
      it.tick(SETTLED * 4)
    }
    const { known, restless } = it.state()
    expect(known.size).toBeLessThanOrEqual(10_001)
    expect(restless.size).toBeLessThanOrEqual(11_000)
    expect(known.get(notes.id)?.present).toBe(true)
    expect(known.has(entryOf('cursor', 's14-0', 'server').id)).toBe(true)
    expect(known.has(entryOf('cursor', 's0-0', 'server').id)).toBe(false)
  })

  it('tell nothing that a terminal obeys, in a paragraph that can be read', () => {
    const name = `\u001b[2J\u202e${'n'.repeat(200)}`
    const it = follow([notes])
    const source = `/home/u/\u001b]0;x\u0007${'d'.repeat(2_000)}/mcp.json`
    it.tick(SECOND, [notes, entryOf('cursor', name, 'evil'), remoteOf('codex', name, 'a.b')], {})
    it.tick(SECOND, [notes, entryOf('unknown', name, `/${'p'.repeat(3_000)}`, { source })], {
      files: [source, FILES.cursor],
      changedAt: new Map([[source, T0 + SECOND]]),
    })
    it.tick(MINUTE)
    expect(it.findings.size).toBeGreaterThan(0)
    for (const { explanation } of it.findings.values()) {
      expect(explanation).not.toMatch(/\p{Cc}|\p{Cf}/u)
      expect(explanation.length).toBeLessThan(1_200)
    }
  })
})
