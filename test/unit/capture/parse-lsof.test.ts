import { describe, expect, it } from 'vitest'
import { parseLsof } from '../../../daemon/capture/lsof/parse.ts'
import { parseSs } from '../../../daemon/capture/ss/parse.ts'
import { brief, captured } from './fixtures.ts'

describe('parseLsof on captured output', () => {
  it('reads 4.95 on Linux, and agrees with what ss said at the same moment', () => {
    const { files, skipped } = parseLsof(captured('lsof/lsof-4.95.0-debian-12.txt'))
    const ss = parseSs(captured('ss/iproute2-6.1.0-debian-12.txt')).rows
    const facts = (row: (typeof ss)[number]): string => `${row.inode} ${brief(row)}`
    expect(skipped).toBe(0)
    expect(files.map(({ row }) => facts(row)).toSorted()).toEqual(
      ss
        .filter((row) => row.inode !== null)
        .map(facts)
        .toSorted(),
    )
  })

  it('reads 4.91 of macOS', () => {
    const { files, skipped } = parseLsof(captured('lsof/lsof-4.91-macos-15.txt'))
    expect(skipped).toBe(0)
    expect(files.map(({ pid, row }) => `${pid} ${row.cookie} ${brief(row)}`)).toEqual([
      '811 8b5b1a2f3c4d5e6f tcp established 192.0.2.4 52011 -> 203.0.113.10 443',
      '811 8b5b1a2f3c4d6000 tcp syn-sent 2001:db8::4 52012 -> 2001:db8::10 443',
      '811 8b5b1a2f3c4d7000 tcp established fe80::1c2d:3eff:fe4a:5b6c%14 52013 -> fe80::9%14 7000',
      '811 8b5b1a2f3c4d8000 tcp listen 0.0.0.0 6274',
      '811 8b5b1a2f3c4d9000 udp unconnected 0.0.0.0 0',
      '811 8b5b1a2f3c4da000 udp unconnected :: 5353',
      '812 8b5b1a2f3c4d5e6f tcp established 192.0.2.4 52011 -> 203.0.113.10 443',
    ])
  })

  it('reads 4.99.7: a state of UDP changes nothing', () => {
    const { files, skipped } = parseLsof(captured('lsof/lsof-4.99.7-arch.txt'))
    expect(skipped).toBe(0)
    expect(files.map(({ row }) => `${row.inode} ${brief(row)}`)).toEqual([
      '88120 udp connected 127.0.0.1 44335 -> 203.0.113.10 53',
      '88121 udp unconnected 127.0.0.1 44336',
      '88122 tcp closing 127.0.0.1 44008 -> 203.0.113.10 443',
    ])
  })
})

describe('parseLsof on other text', () => {
  it('believes no file before a process, and no process number that is none', () => {
    const file = 'f1\0tIPv4\0d5\0PTCP\0n127.0.0.1:1->127.0.0.1:2\0TST=ESTABLISHED\0\n'
    expect(parseLsof(file)).toEqual({ files: [], skipped: 1 })
    expect(parseLsof(`px\0\n${file}`)).toEqual({ files: [], skipped: 1 })
    expect(parseLsof(`p7\0\n${file}`).files).toHaveLength(1)
  })
})
