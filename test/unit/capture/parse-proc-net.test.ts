import { describe, expect, it } from 'vitest'
import { parseProcNet } from '../../../daemon/capture/proc-net.ts'
import { parseSs } from '../../../daemon/capture/ss/parse.ts'
import { brief, captured } from './fixtures.ts'

describe('parseProcNet', () => {
  it('reads the same sockets that ss listed at the same moment', () => {
    const files = [
      ['tcp', 'tcp'],
      ['tcp6', 'tcp'],
      ['udp', 'udp'],
      ['udp6', 'udp'],
    ] as const
    const parsed = files.map(([name, protocol]) =>
      parseProcNet(captured(`proc-net/linux-6.18-${name}.txt`), protocol, true),
    )
    const ss = parseSs(captured('ss/iproute2-6.1.0-debian-12.txt')).rows
    const facts = (row: (typeof ss)[number]): string => `${row.inode} ${row.uid} ${brief(row)}`
    expect(parsed.map(({ skipped }) => skipped)).toEqual([0, 0, 0, 0])
    expect(
      parsed
        .flatMap(({ rows }) => rows)
        .map(facts)
        .toSorted(),
    ).toEqual(ss.map(facts).toSorted())
  })

  it('counts lines that are not understood', () => {
    const text = '  sl  local_address\n   0: 0100007F:0050\nnonsense\n'
    expect(parseProcNet(text, 'tcp', true)).toEqual({ rows: [], skipped: 2 })
  })
})
