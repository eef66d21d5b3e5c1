/** Whoever holds the other end of whatever descriptor 0: a client is only what can be one. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { emptyMatchState, matchServers } from '../../daemon/match/match.ts'
import type { Process } from '../../shared/model/process.ts'
import { digest, proc, recogniseClient, script, server, table } from '../unit/match/world.ts'

const SERVERS = ['a', 'b'].map((name) => server(name, ['node', `/home/u/${name}.js`]))
const served = (name: string) => (pid: number, ppid: number, fields: Partial<Process>) =>
  proc(pid, ppid, ['node', `/home/u/${name}.js`], {
    script: script(`/home/u/${name}.js`),
    ...fields,
  })
const program =
  (line: readonly string[]) => (pid: number, ppid: number, fields: Partial<Process>) =>
    proc(pid, ppid, line, fields)
const KINDS = [
  served('a'),
  served('b'),
  program(['/opt/Claude']),
  program(['/opt/cursor']),
  program(['cat']),
]

const one = fc.record({
  kind: fc.nat(KINDS.length - 1),
  /** Its parent, and who holds its other end, as places in the table. */
  above: fc.nat(9),
  holder: fc.nat(9),
  /** Its parent ends between the two looks: then init has it. */
  isLeft: fc.boolean(),
  fields: fc.record({
    startTicks: fc.integer({ min: 1, max: 30 }),
    stdin: fc.constantFrom('pipe' as const, 'socket' as const, 'null' as const),
    stdinInode: fc.option(fc.integer({ min: 1, max: 4 })),
  }),
})

it('is solid, older, and no part of a server', () => {
  let found = 0
  fc.assert(
    fc.property(fc.array(one, { minLength: 2, maxLength: 10 }), (drawn) => {
      let previous = emptyMatchState
      for (const turn of [0, 1] as const) {
        const processes = drawn.map(({ kind, above, isLeft, fields }, place) => {
          const make = KINDS[kind] ?? program(['cat'])
          const ppid = turn === 1 && isLeft ? 1 : 100 + above
          return make(100 + place, ppid, fields)
        })
        const all = table(processes)
        const stdinHolder = ({ pid }: Process): number => 100 + (drawn[pid - 100]?.holder ?? 0)
        const input = { previous, servers: SERVERS, table: all, recogniseClient, digest }
        const { state, instances, question } = matchServers({ ...input, stdinHolder })
        const members = new Set(instances.flatMap((it) => it.members.map(({ process }) => process)))
        for (const { process } of question.clients) expect(members.has(process)).toBe(false)
        for (const { reasons, client, rootPid } of instances) {
          if (!reasons.some((reason) => reason.endsWith('client-at-stdin'))) continue
          found += 1
          const [root, holder] = [rootPid, client?.pid ?? 0].map((pid) => all.processes.get(pid))
          expect(recogniseClient(holder ?? proc(1, 0, ['nobody']))).toBe(client?.id)
          expect(holder?.startTicks).toBeLessThan(root?.startTicks ?? 0)
          expect(root?.stdin).not.toBe('null')
          if (holder !== undefined) expect(members.has(holder)).toBe(false)
        }
        previous = state
      }
    }),
    { numRuns: 1_000 },
  )
  expect(found).toBeGreaterThan(0)
})
