import { describe, expect, it } from 'vitest'
import { MAX_SPREADS_AN_HOUR } from '../../../daemon/drift/allowance.ts'
import type { Server } from '../../../shared/model/server.ts'
import { entryOf, FILES, follow, MINUTE, remoteOf, SECOND, T0 } from './build.ts'

const notes = entryOf('cursor', 'notes', 'npx notes@1.0.0')
const SETTLED = 4 * SECOND
const ROGUE = 'node /home/u/.dev-utils/index.js'
const rogue = (client: keyof typeof FILES, name = 'dev-utils', line = ROGUE): Server =>
  entryOf(client, name, line)

const highOf = (it: ReturnType<typeof follow>) =>
  [...it.findings.values()].filter(({ severity }) => severity === 'high')

/** Adds each after so many milliseconds, and waits until it is told. */
function arrive(...steps: readonly (readonly [number, ...Server[]])[]) {
  const it = follow([notes])
  let all: Server[] = [notes]
  for (const [later, ...added] of steps) {
    it.tick(later - SECOND)
    all = [...all, ...added]
    it.tick(SECOND, all)
    it.tick(SETTLED)
  }
  return it
}

describe('the same new server in several clients', () => {
  it('is one high finding of its own, beside those of the single changes', () => {
    const it = arrive([SECOND, rogue('cursor'), rogue('continue'), rogue('codex')])
    const [high, ...others] = highOf(it)
    expect(others).toEqual([])
    expect(high).toMatchObject({ kind: 'config-drift', count: 1, destination: null })
    expect(high?.explanation).toContain('"dev-utils" appeared in the configurations of 3 clients')
    for (const file of Object.values(FILES)) expect(high?.explanation).toContain(file)
    expect(it.findings.size).toBe(4)
  })

  it('grows with those that come later, each within ten minutes of the one before', () => {
    const it = arrive(
      [SECOND, rogue('cursor')],
      [9 * MINUTE, rogue('continue')],
      [9 * MINUTE, rogue('codex')],
    )
    expect(highOf(it)).toMatchObject([{ count: 2 }])
    expect(highOf(it)[0]?.explanation).toContain('3 clients within 19 minutes')
  })

  it('is none where there is more time between them', () => {
    expect(highOf(arrive([SECOND, rogue('cursor')], [11 * MINUTE, rogue('continue')]))).toEqual([])
  })

  it.each([
    ['other names', [rogue('cursor', 'a'), rogue('continue', 'b')]],
    ['other folders', [rogue('cursor'), rogue('continue', 'dev-utils', 'node /tmp/x.js')]],
    [
      'other arguments of one package',
      [rogue('cursor', 'a', 'npx evil /a'), rogue('codex', 'b', 'npx evil@2 /b')],
    ],
    ['one address', [remoteOf('cursor', 'a', 'e.example'), remoteOf('codex', 'b', 'e.example')]],
  ])('is told by %s too', (_, added) => {
    expect(highOf(arrive([SECOND, ...added]))).toHaveLength(1)
  })

  it('is none for a server that a client had before', () => {
    expect(
      highOf(arrive([SECOND, entryOf('continue', 'notes', 'npx notes@1.0.0'), rogue('codex')])),
    ).toEqual([])
    const elsewhere = arrive(
      [SECOND, rogue('cursor')],
      [25 * 60 * MINUTE, rogue('continue'), rogue('codex')],
    )
    expect(highOf(elsewhere)).toEqual([])
  })

  it('is none for several of one client, nor for what a project brings', () => {
    const twice = entryOf('cursor', 'dev-utils', ROGUE, { source: '/p/.cursor/mcp.json' })
    expect(highOf(arrive([SECOND, rogue('cursor'), twice]))).toEqual([])
    const scope = 'project:/p'
    const brought = (['cursor', 'codex'] as const).map((client) =>
      entryOf(client, 'dev-utils', ROGUE, { scope, source: `/p/.${client}/mcp.json` }),
    )
    const changedAt = new Map(brought.map(({ source }) => [source, T0 + SECOND] as const))
    const it = follow([notes])
    it.tick(SECOND, [notes, ...brought], { changedAt })
    it.tick(SETTLED)
    expect(it.changes).toHaveLength(2)
    expect(highOf(it)).toEqual([])
  })

  it('counts each file of a client that is not known as a client of its own', () => {
    const [one, two] = ['/home/u/.x/mcp.json', '/home/u/.y/mcp.json'].map((source) =>
      entryOf('unknown', 'dev-utils', ROGUE, { source }),
    ) as [Server, Server]
    const it = follow([notes])
    const changedAt = new Map([one, two].map(({ source }) => [source, T0 + SECOND] as const))
    it.tick(SECOND, [notes, one, two], { changedAt })
    it.tick(SETTLED)
    expect(highOf(it)).toHaveLength(1)
  })

  it('is told of entries that begin to run the same, whatever they were', () => {
    const before = [rogue('cursor', 'a', 'one'), rogue('codex', 'b', 'two')]
    const it = follow(before)
    it.tick(SECOND, [rogue('cursor', 'a', 'evil'), rogue('codex', 'b', 'evil')])
    it.tick(SETTLED)
    expect(highOf(it)).toHaveLength(1)
  })

  it('is none where files are away and come back as they were', () => {
    const all = [rogue('cursor'), rogue('continue'), rogue('codex')]
    const it = follow(all)
    it.tick(SECOND, [], { files: [] })
    it.tick(MINUTE)
    it.tick(SECOND, all)
    it.tick(MINUTE)
    expect(it.changes.map(({ kind }) => kind)).toEqual([
      'removed',
      'removed',
      'removed',
      'added',
      'added',
      'added',
    ])
    expect(highOf(it)).toEqual([])
  })

  it('is found by the next run, alone or with what came before it', () => {
    const files = Object.values(FILES)
    const changedAt = new Map(files.map((file) => [file, T0 + 3 * MINUTE] as const))
    /** Another run after that one, begun at that time. */
    const next = (
      { memory }: ReturnType<typeof follow>,
      lastTickAt: number,
      at: number,
      servers: readonly Server[],
      written: ReadonlyMap<string, number> = changedAt,
    ) => {
      const over = { changedAt: written, files }
      const it = follow([notes, ...servers], { ...memory(), lastTickAt }, undefined, { at, over })
      it.tick(SETTLED)
      return it
    }
    const both = next(follow([notes]), T0, T0 + 5 * MINUTE, [rogue('continue'), rogue('codex')])
    expect(highOf(both)).toHaveLength(1)

    const first = arrive([SECOND, rogue('cursor')])
    const two = [rogue('cursor'), rogue('codex')]
    const then = next(first, T0 + 5 * SECOND, T0 + 5 * MINUTE, two)
    expect(highOf(then)[0]?.explanation).toContain('2 clients within 3 minutes')

    const late = new Map([[FILES.continue, T0 + 6.5 * MINUTE]])
    const all = [...two, rogue('continue')]
    const third = next(then, T0 + 6 * MINUTE, T0 + 7 * MINUTE, all, late)
    expect(highOf(third).map(({ id }) => id)).toEqual(highOf(then).map(({ id }) => id))
    expect(highOf(third)).toMatchObject([{ count: 2 }])
  })

  it('stays the one that was told when the first of its entries is written once more', () => {
    const it = arrive([SECOND, rogue('cursor')], [MINUTE, rogue('codex')])
    const [told] = highOf(it)
    it.tick(MINUTE, [notes, rogue('cursor', 'dev-utils', 'node /tmp/next.js'), rogue('codex')])
    it.tick(MINUTE)
    expect(highOf(it)).toMatchObject([{ id: told?.id, count: 2 }])
  })

  it('is news once more when it was taken out and comes again', () => {
    const it = arrive([SECOND, rogue('cursor'), rogue('codex')])
    it.tick(SECOND, [notes])
    it.tick(60 * MINUTE)
    it.tick(SECOND, [
      notes,
      rogue('cursor', 'dev-utils', 'evil'),
      rogue('codex', 'dev-utils', 'evil'),
    ])
    it.tick(60 * MINUTE)
    expect(highOf(it)).toHaveLength(2)
  })

  it('is bounded: very many that spread at once are some findings and one for the others', () => {
    const names = Array.from({ length: 300 }, (_, n) => `s${n}`)
    const it = arrive([
      SECOND,
      ...names.flatMap((name) => [rogue('cursor', name, name), rogue('codex', name, name)]),
    ])
    expect(highOf(it)).toHaveLength(MAX_SPREADS_AN_HOUR + 1)
  })
})
