import { expect, it } from 'vitest'
import { createTrouble } from '../../../daemon/view/trouble.ts'
import type { WatchEvent } from '../../../shared/contract/answers.ts'
import { McpWatchError } from '../../../shared/errors.ts'

it('says once what is wrong and once that it is over; a short fault is no state', () => {
  let now = 0
  const events: WatchEvent[] = []
  const clock = { wallMs: () => now, monotonicMs: () => now }
  const trouble = createTrouble(clock, (event) => events.push(event))
  trouble.fault(new McpWatchError('TOOL_MISSING', 'ss is not there', { hint: 'install it' }))
  now = 3_000
  expect(trouble.health(true)).toBe('ok')
  now = 6_000
  expect(trouble.health(false)).toBe('not-watching')
  trouble.tick('failed')
  expect([trouble.health(false), trouble.health(true)]).toEqual(['not-storing', 'ok'])
  trouble.tick('still-failing')
  trouble.tick('recovered')
  trouble.fault(new Error('holds what nobody may see'))
  trouble.notice({ code: 'database-restored', path: null })
  expect(events.map((event) => [event.event, 'reason' in event ? event.reason : ''])).toEqual([
    ['degraded', 'a sample failed: ss is not there; install it'],
    ['recovered', 'samples work again'],
    ['store-failed', 'the database cannot be written; see the log'],
    ['store-recovered', 'the database can be written again'],
    ['degraded', 'a sample failed: see the log'],
    ['degraded', 'the database was taken away while it was open; it was put back'],
  ])
})
