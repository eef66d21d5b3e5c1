/**
 * Each way through the states of RFC 9293 (3.3.2) that ends a connection. The numbers are what the kernel counts for 100
 * bytes sent and 1000 received: our SYN, and each FIN where it is acknowledged or has come.
 */
import { describe, expect, it } from 'vitest'
import { TCP_STATE } from '../../../daemon/capture/exact/socket-event.ts'
import {
  bookOf,
  closed,
  connect,
  connecting,
  ESTABLISHED,
  type Event,
  halfClosed,
  now,
  released,
  rowsOf,
} from './exact-build.ts'

const { established, finWait1, finWait2, closeWait, lastAck, closing, close } = TCP_STATE
const BEGIN = [connect(), connecting(), ESTABLISHED]
const ALL = { sent: 100, received: 1000 }

const WAYS: readonly (readonly [string, readonly Event[], { sent: number; received: number }])[] = [
  [
    'we close first, the other end later',
    [released(established), halfClosed(1000), closed(finWait2, 102, 1000)],
    ALL,
  ],
  [
    'we close first, the end of the other comes while the socket is kept',
    [released(established), halfClosed(1000), closed(finWait2, 102, 1001)],
    ALL,
  ],
  [
    'we close first, and data comes with the acknowledgement of it',
    [released(established), halfClosed(990), closed(finWait2, 102, 1001)],
    ALL,
  ],
  ['the other end first', [released(closeWait), closed(lastAck, 102, 1001)], ALL],
  [
    'the other end first, our end is never acknowledged',
    [released(closeWait), closed(lastAck, 101, 1001, false)],
    ALL,
  ],
  ['both at once', [released(established), closed(closing, 102, 1001)], ALL],
  [
    'both at once, our end is never acknowledged',
    [released(established), closed(closing, 101, 1001, false)],
    ALL,
  ],
  [
    'shutdown(2), then data comes, then the end',
    [halfClosed(400), closed(finWait2, 102, 1001), released(close)],
    ALL,
  ],
  [
    'shutdown(2), then data comes, then it is closed',
    [halfClosed(400), released(finWait2), closed(finWait2, 102, 1000)],
    ALL,
  ],
  [
    'shutdown(2), then it is closed at once',
    [halfClosed(1000), released(finWait2), closed(finWait2, 102, 1000)],
    ALL,
  ],
  ['shutdown(2) after the other end', [closed(lastAck, 102, 1001), released(close)], ALL],
  ['the other end resets it', [closed(established, 101, 1000), released(close)], ALL],
  ['the other end resets it after its end', [closed(closeWait, 101, 1001), released(close)], ALL],
  [
    'the other end resets it before it acknowledged ours',
    [released(established), closed(finWait1, 101, 1000, false)],
    ALL,
  ],
  [
    'reset with nothing on the way but our end, held back',
    [released(established), closed(finWait1, 101, 1000, true)],
    ALL,
  ],
  [
    'reset in the middle of closing',
    [released(established), closed(closing, 101, 1001, false)],
    ALL,
  ],
  ['aborted (SO_LINGER 0)', [released(established), closed(established, 101, 1000)], ALL],
  ['aborted after the end of the other', [released(closeWait), closed(closeWait, 101, 1001)], ALL],
  [
    'nothing sent, nothing received, we first',
    [released(established), halfClosed(0), closed(finWait2, 2, 1)],
    { sent: 0, received: 0 },
  ],
  [
    'nothing sent, nothing received, the other first',
    [released(closeWait), closed(lastAck, 2, 1)],
    { sent: 0, received: 0 },
  ],
  ['nothing was counted at all', [closed(lastAck, 0, 0)], { sent: 0, received: 0 }],
]

describe('bytes of a connection that was closed', () => {
  it.each(WAYS)('%s', (_name, events, bytes) => {
    const rows = rowsOf(bookOf([...BEGIN, ...events]).tell([], now(60)))
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ outcome: 'established', bytes })
    expect(rows[0]?.endedAt).toBeDefined()
  })

  it('are not known of one whose end was not told', () => {
    const rows = rowsOf(bookOf([...BEGIN, released(close)]).tell([], now(60)))
    expect(rows).toMatchObject([{ outcome: 'established', bytes: null }])
  })
})
