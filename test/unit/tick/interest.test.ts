import { describe, expect, it } from 'vitest'
import { interestOf, watchSet } from '../../../daemon/tick/interest.ts'
import { makeInstance, makeProcess, tableOf } from '../connections/build.ts'

const client = makeProcess(10, 1, { cwd: '/p' })
const server = makeProcess(20, 10)
const child = makeProcess(30, 20)
const stranger = makeProcess(40, 1)

describe('interestOf', () => {
  it('is members, clients and all that is below a client', () => {
    const orphan = makeProcess(50, 1)
    const instance = makeInstance('a', [[orphan, 'server']])
    const table = tableOf(client, server, child, stranger, orphan)
    const interest = interestOf(table, [instance], [{ process: client }])
    expect([...interest].sort((a, b) => a - b)).toEqual([10, 20, 30, 50])
  })

  it('ends on a table that holds a loop', () => {
    const table = tableOf(makeProcess(10, 20), makeProcess(20, 10))
    expect(interestOf(table, [], [{ process: makeProcess(10, 20) }]).size).toBe(2)
  })
})

describe('watchSet', () => {
  it('takes each process once, for its most telling part', () => {
    const one = makeInstance('a', [[server, 'server']], { ancestors: [client] })
    const two = makeInstance('b', [[child, 'server']], { ancestors: [server, client] })
    const kinds = watchSet([one, two], [stranger, child]).map(({ pid, kind }) => [pid, kind])
    expect(kinds).toEqual([
      [20, 'member'],
      [30, 'member'],
      [10, 'ancestor'],
      [40, 'peer'],
    ])
  })
})
