import { describe, expect, it } from 'vitest'
import { parseSs } from '../../../daemon/capture/ss/parse.ts'
import { brief, captured } from './fixtures.ts'

describe('parseSs on captured output', () => {
  it('reads iproute2 6.1.0 whole', () => {
    const { rows, skipped } = parseSs(captured('ss/iproute2-6.1.0-debian-12.txt'))
    expect(skipped).toBe(0)
    expect(rows.map(brief)).toMatchInlineSnapshot(`
      [
        "udp connected 127.0.0.1 38289 -> 127.0.0.1 9",
        "udp unconnected 127.0.0.1 56384",
        "udp unconnected :: 43999",
        "udp connected ::1 40441 -> ::1 9",
        "udp unconnected ::1 41872",
        "tcp listen 127.0.0.1 34691",
        "tcp established 127.0.0.1 34691 -> 127.0.0.1 42690",
        "tcp established 127.0.0.1 42690 -> 127.0.0.1 34691",
        "tcp time-wait 127.0.0.1 42704 -> 127.0.0.1 34691",
        "tcp established 127.0.0.1 50666 -> 127.0.0.1 38609",
        "tcp listen ::1 39575",
        "tcp listen :: 38609",
        "tcp established 127.0.0.1 38609 -> 127.0.0.1 50666",
        "tcp established ::1 59488 -> ::1 39575",
        "tcp established ::1 39575 -> ::1 59488",
      ]
    `)
    expect(rows.every((row) => row.uid === (row.inode === null ? null : 65_534))).toBe(true)
  })

  it('reads iproute2 4.15: indented details, IPv4 wildcard as *', () => {
    const { rows, skipped } = parseSs(captured('ss/iproute2-4.15-ubuntu-18.04.txt'))
    expect(skipped).toBe(0)
    expect(rows.map((row) => [brief(row), row.inode, row.uid, row.cgroup])).toEqual([
      ['udp unconnected 127.0.0.53%lo 53', 16_211, 101, null],
      ['udp unconnected 0.0.0.0 68', 18_034, 0, null],
      ['tcp listen 0.0.0.0 22', 19_844, 0, null],
      ['tcp listen :: 22', 19_846, 0, null],
      ['tcp established 192.0.2.4 51514 -> 203.0.113.10 443', 40_112, 1_000, null],
      ['tcp time-wait 192.0.2.4 51500 -> 203.0.113.10 443', null, null, null],
    ])
    expect(rows.flatMap(({ inode, v6Only }) => (v6Only === true ? [inode] : []))).toEqual([19_846])
  })

  it('reads iproute2 5.15: zones, devices, control groups with a space, halves closed', () => {
    const { rows, skipped } = parseSs(captured('ss/iproute2-5.15-ubuntu-22.04.txt'))
    expect(skipped).toBe(0)
    expect(rows.map(brief)).toEqual([
      'udp unconnected 127.0.0.53%lo 53',
      'udp unconnected fe80::5054:ff:fe12:3456%enp1s0 546',
      'udp connected 192.0.2.4%enp1s0 68 -> 192.0.2.1 67',
      'tcp syn-sent 192.0.2.4 40618 -> 203.0.113.77 443',
      'tcp established 2001:db8::4 40620 -> 2001:db8::10 443',
      'tcp closing 192.0.2.4 40622 -> 203.0.113.10 443',
      'tcp closing 192.0.2.4 40624 -> 203.0.113.10 443',
      'tcp listen 127.0.0.1 63342',
    ])
    expect(rows[4]?.cgroup).toBe(
      '/user.slice/user-1000.slice/user@1000.service/app.slice/my app.scope',
    )
    expect(rows[6]).toMatchObject({ cgroup: '/user.slice/user-1000.slice', cookie: '1007' })
  })

  it('reads iproute2 7.0: bound sockets are left out, a peer port 0 is no peer', () => {
    const { rows, skipped } = parseSs(captured('ss/iproute2-7.0-fedora.txt'))
    expect(skipped).toBe(0)
    expect(rows.map(brief)).toEqual([
      'udp unconnected 127.0.0.1 323',
      'tcp established 127.0.0.1 45002 -> 127.0.0.1 8080',
      'udp unconnected 127.0.0.1 45003',
    ])
  })
})

describe('parseSs on other text', () => {
  it('counts lines that are not understood and goes on', () => {
    const text = [
      'Netid State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess',
      'tcp ESTAB 0 0 127.0.0.1:1 127.0.0.1:2 ino:5 sk:1',
      'tcp ESTAB 0 0 127.0.0.1:1',
      'tcp ESTAB 0 0 127.0.0.1:99999 127.0.0.1:2 ino:5',
      'tcp ESTAB 0 0 999.0.0.1:1 127.0.0.1:2 ino:5',
      'tcp __proto__ 0 0 127.0.0.1:1 127.0.0.1:2 ino:5',
      `tcp ESTAB 0 0 127.0.0.1:1 127.0.0.1:2 ino:5 cgroup:/${'x'.repeat(10_000)}`,
      'u_str ESTAB 0 0 * 123 * 456 ino:5',
    ].join('\n')
    const { rows, skipped } = parseSs(text)
    expect(rows.map((row) => row.inode)).toEqual([5])
    expect(skipped).toBe(6)
  })
})
