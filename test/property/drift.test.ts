/** Whatever happens to the files, what is told leads from what was to what is, once, and within bounds. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_FINDINGS_AN_HOUR, MAX_SPREADS_AN_HOUR } from '../../daemon/drift/allowance.ts'
import { compare } from '../../daemon/drift/compare.ts'
import type { ArgPattern, Launch, Server } from '../../shared/model/server.ts'
import { entryOf, FILES, follow, print, SECOND } from '../unit/drift/build.ts'

const clients = Object.keys(FILES) as (keyof typeof FILES)[]
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('npx', 'sh', '-c', 'node', '/a/b.js', 'docker', 'run', '-y', 'x@1', '--', ''),
)
const pattern: fc.Arbitrary<ArgPattern> = fc.oneof(
  text.map((value): ArgPattern => ({ kind: 'literal', value })),
  fc
    .array(text, { minLength: 2, maxLength: 3 })
    .map((parts): ArgPattern => ({ kind: 'glob', parts })),
  fc.constantFrom('a1', 'b2').map((digest): ArgPattern => ({ kind: 'digest', digest })),
)
const launch: fc.Arbitrary<Launch> = fc.record({
  command: pattern,
  args: fc.array(pattern, { maxLength: 5 }),
  cwd: fc.constant(null),
  script: fc.constant(null),
})
const anyServer: fc.Arbitrary<Server> = fc
  .tuple(fc.constantFrom(...clients), text, launch, fc.boolean())
  .map(([client, name, run, disabled]) => entryOf(client, name, run, { disabled }))

describe('prints', () => {
  it('are made of anything, hold nothing unsafe, and differ from themselves in nothing', () => {
    fc.assert(
      fc.property(anyServer, anyServer, (one, other) => {
        const [a, b] = [print(one), print(other)]
        for (const shown of [a.command, a.package, a.version, a.url]) {
          expect(shown ?? '').not.toMatch(/\p{Cc}|\p{Cf}/u)
          expect((shown ?? '').length).toBeLessThanOrEqual(330)
        }
        expect(compare(a, a)).toEqual([])
        expect(compare(a, b).length === 0).toBe(a.whole === b.whole && a.disabled === b.disabled)
        expect(compare(b, a).map(({ field }) => field)).toEqual(
          compare(a, b).map(({ field }) => field),
        )
      }),
    )
  })
})

/** Few names and commands, so that the same ones come and go. */
const small = fc
  .uniqueArray(
    fc.record({
      client: fc.constantFrom(...clients),
      name: fc.constantFrom('a', 'b', 'c'),
      line: fc.constantFrom('one', 'npx two@1', 'npx two@2', 'node /x/y.js'),
      disabled: fc.boolean(),
    }),
    { selector: ({ client, name }) => `${client} ${name}`, maxLength: 6 },
  )
  .map((all) =>
    all.map(({ client, name, line, disabled }) => entryOf(client, name, line, { disabled })),
  )
const steps = fc.array(
  fc.record({
    later: fc.oneof(
      fc.integer({ min: 0, max: 5_000 }),
      fc.integer({ min: -100_000, max: 4_000_000 }),
    ),
    servers: fc.option(small, { nil: undefined }),
    again: fc.boolean(),
  }),
  { maxLength: 20 },
)
const LONG = 200 * SECOND

describe('following', () => {
  it('ends with what is, tells it in order, and goes on after a restart as without one', () => {
    fc.assert(
      fc.property(small, steps, (first, all) => {
        let run = follow(first)
        let now: readonly Server[] = first
        let at = run.state().lookedAt ?? 0
        let changes = 0
        for (const { later, servers, again } of all) {
          now = servers ?? now
          at += later
          if (again) {
            const over = { changedAt: new Map(Object.values(FILES).map((file) => [file, at])) }
            const before = { ...run.memory(), lastTickAt: run.state().lookedAt ?? 0 }
            changes += run.changes.length
            run = follow(now, before, undefined, { at, over })
          } else run.tick(later, servers)
        }
        for (let n = 0; n < 3; n += 1) run.tick(LONG)
        const known = [...run.written.values()].filter(({ present }) => present)
        expect(new Map(known.map((entry) => [entry.serverId, entry.print]))).toEqual(
          new Map(now.map((server) => [server.id, print(server)])),
        )
        expect(run.state().pending.size).toBe(0)
        changes += run.changes.length
        if (all.every(({ servers }) => servers === undefined)) expect(changes).toBe(0)
        for (const { since, at: until } of run.changes) expect(since).toBeLessThanOrEqual(until)
        const quiet = run.changes.length
        run.tick(LONG)
        run.tick(LONG, [...now])
        expect(run.changes).toHaveLength(quiet)
      }),
      { numRuns: 200 },
    )
  })

  it('tells within an hour no more than may be told', () => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 200 }), (all) => {
        const run = follow([])
        for (const servers of all) run.tick(17 * SECOND, servers)
        const most = MAX_FINDINGS_AN_HOUR + MAX_SPREADS_AN_HOUR + 1
        expect(run.findings.size).toBeLessThanOrEqual(most)
      }),
      { numRuns: 30 },
    )
  })
})
