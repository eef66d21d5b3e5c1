import { expect, it } from 'vitest'
import { hostNames } from '../../../daemon/alert/host-of.ts'
import { instance, judged, T0 } from '../store/ticks.ts'
import { files, found, memory } from './build.ts'

const named = (name: string) => ({ names: [{ name, source: 'expected-host' as const, at: T0 }] })

it('gives the name of the same destination of the same server, and no other', () => {
  const own = judged(instance(1, [files]), 1, named('api.example.com'))
  const others = [
    judged(instance(2, [memory]), 2, named('other.example.com')),
    judged(instance(1, [files]), 3, {
      ...named('reached-us.example.com'),
      connection: { direction: 'inbound' },
    }),
  ]
  expect(hostNames([...others, own])(found(files, 443))).toBe('api.example.com')
  expect(hostNames(others)(found(files, 443))).toBeNull()
  expect(hostNames([own])(found(files, 80))).toBeNull()
})

it('gives no name that is only one of several', () => {
  const names = [{ name: 'cdn.example.com', source: 'one-of-hosts' as 'expected-host', at: T0 }]
  const shared = judged(instance(1, [files]), 1, { names })
  expect(hostNames([shared])(found(files, 443))).toBeNull()
})
