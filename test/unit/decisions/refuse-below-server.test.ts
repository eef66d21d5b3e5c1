import { describe, expect, it } from 'vitest'
import {
  chainOf,
  copiesIn,
  copiesOf,
  refuseBelowServer,
} from '../../../daemon/decisions/refuse-below-server.ts'
import type { Status } from '../../../shared/contract/answers.ts'
import { makeInstance, makeProcess, tableOf } from '../connections/build.ts'

const launcher = makeProcess(20, 10)
const server = makeProcess(30, 20)
const shell = makeProcess(40, 30)
const command = makeProcess(50, 40)
const table = tableOf(makeProcess(10, 1), launcher, server, shell, command, makeProcess(60, 10))
const copies = copiesIn(
  [
    makeInstance('a', [
      [launcher, 'launcher'],
      [server, 'server'],
    ]),
  ],
  [],
)
const refused = expect.objectContaining({ code: 'DECISION_REFUSED', exitCode: 2 })

describe('a decision', () => {
  it('is refused anywhere below a server or its launcher', () => {
    for (const pid of [20, 30, 40, 50]) {
      expect(() => refuseBelowServer(chainOf(table, pid), copies)).toThrow(refused)
    }
  })

  it('is accepted beside a server, and from its client', () => {
    for (const pid of [60, 10]) refuseBelowServer(chainOf(table, pid), copies)
  })

  it('is refused by what the daemon says alone, but not for a copy that has ended', () => {
    const copy = (rootPid: number, endedAt: string | null) => ({ rootPid, endedAt })
    const status = (instance: object) =>
      ({ servers: [{ name: 'files', client: 'cursor', instances: [instance] }] }) as Status
    const chain = chainOf(table, 50)
    expect(() => refuseBelowServer(chain, copiesOf(status(copy(20, null))))).toThrow(refused)
    refuseBelowServer(chain, copiesOf(status(copy(20, '2026-01-01T00:00:00Z'))))
    refuseBelowServer(chain, copiesOf(status(copy(99, null))))
  })

  it('is refused with a name that can be shown', () => {
    const hostile = { server: `\u001b[2J${'x'.repeat(500)}`, client: 'cursor', pids: [30] }
    const message = (() => {
      try {
        refuseBelowServer([30], [hostile])
        return ''
      } catch (error) {
        return (error as Error).message
      }
    })()
    expect(message).toContain('xxx')
    expect(message).not.toContain('\u001b')
    expect(message.length).toBeLessThan(250)
  })

  it('is looked into also where the table holds a loop or lacks a parent', () => {
    const loop = tableOf(makeProcess(10, 20), makeProcess(20, 10))
    expect(chainOf(loop, 10)).toEqual([10, 20])
    expect(chainOf(loop, 77)).toEqual([77])
  })
})
