/** Arbitrary socket rows, as the parsers of this room should give them back. */
import fc from 'fast-check'
import { canonicalAddress } from '../../shared/address/canonical.ts'
import type { SocketAddress, SocketRow } from '../../shared/model/observation.ts'

export interface Ends {
  readonly v6: boolean
  readonly local: SocketAddress
  readonly remote: SocketAddress
}

const port = fc.integer({ min: 1, max: 65_535 })
const v4Address = fc.ipV4()
const v6Address = fc
  .ipV6()
  .map((text) => canonicalAddress(text)?.address ?? '::1')
  .filter((text) => text.includes(':'))

/** Both ends of one family; `zone` only where asked for. */
export function ends(zones: fc.Arbitrary<string | null>): fc.Arbitrary<Ends> {
  const pair = (v6: boolean): fc.Arbitrary<Ends> => {
    const end = fc.record({ address: v6 ? v6Address : v4Address, port, zone: zones })
    return fc.record({ v6: fc.constant(v6), local: end, remote: end })
  }
  return fc.oneof(pair(true), pair(false))
}

export const TCP_STATES = [
  'listen',
  'syn-sent',
  'syn-received',
  'established',
  'closing',
  'time-wait',
] as const

export const protocolAndState: fc.Arbitrary<Pick<SocketRow, 'protocol' | 'state'>> = fc.oneof(
  fc.record({ protocol: fc.constant('tcp' as const), state: fc.constantFrom(...TCP_STATES) }),
  fc.record({
    protocol: fc.constant('udp' as const),
    state: fc.constantFrom('connected' as const, 'unconnected' as const),
  }),
)

export const hasPeer = (state: SocketRow['state']): boolean =>
  state !== 'listen' && state !== 'unconnected'

/** Text of any kind, with the words that the tools' formats are made of among it. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        'tcp ESTAB 0 0 ',
        '127.0.0.1:1 ',
        '[::1]:2 ',
        '*:*',
        ' ino:7',
        ' sk:a',
        ' uid:1',
        ' cgroup:/a b',
        ' v6only:1',
        ' <->',
        '\n',
        '\t',
        '\0',
        'p1\0\nf2\0',
        'PTCP\0',
        'n127.0.0.1:1->[::1]:2\0',
        'TST=LISTEN\0',
        ' 0: 0100007F:0050 ',
        '0A ',
        '00000000:',
      ),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))
