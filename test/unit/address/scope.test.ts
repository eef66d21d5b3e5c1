import { describe, expect, it } from 'vitest'
import { canonicalAddress } from '../../../shared/address/canonical.ts'
import { scopeOf } from '../../../shared/address/scope.ts'

const SELF = new Set(['192.168.1.20', '203.0.113.7', '2001:db8::7', 'fe80::1', '127.0.0.53'])

describe('scopeOf', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['127.0.0.53', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['192.168.1.20', 'self'],
    ['203.0.113.7', 'self'],
    ['2001:db8:0::7', 'self'],
    ['fe80::1%eth0', 'self'],
    ['169.254.169.254', 'metadata'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['169.254.1.1', 'link-local'],
    ['fe80::2%eth0', 'link-local'],
    ['10.255.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['192.168.1.21', 'private'],
    ['fd12::1', 'unique-local'],
    ['100.64.0.1', 'cgnat'],
    ['100.128.0.1', 'public'],
    ['224.0.0.251', 'multicast'],
    ['255.255.255.255', 'multicast'],
    ['ff02::fb', 'multicast'],
    ['203.0.113.10', 'public'],
    ['2001:db8::10', 'public'],
    ['fec0::1', 'public'],
    ['240.0.0.1', 'public'],
    ['not an address', 'public'],
  ] as const)('%s is %s', (address, scope) => {
    expect(scopeOf(address, SELF)).toBe(scope)
  })

  it.each([
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::169.254.169.254', 'metadata'],
    ['64:ff9b::203.0.113.10', 'public'],
    ['2002:a00:1::1', 'private'],
    ['2002:cb00:710a::1', 'public'],
    // Sent to a relay whatever is inside, so never this machine.
    ['64:ff9b::127.0.0.1', 'public'],
    ['2002:7f00:1::1', 'public'],
    ['2002:cb00:7107::1', 'public'],
  ] as const)('%s, with IPv4 inside, is %s', (address, scope) => {
    expect(scopeOf(address, SELF)).toBe(scope)
  })
})

describe('canonicalAddress', () => {
  it.each([
    '',
    '*',
    'localhost',
    '1',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '1.2.3.256',
    ':::',
    '1::2::3',
  ])('refuses %j', (text) => {
    expect(canonicalAddress(text)).toBeNull()
  })

  it('keeps the zone apart', () => {
    expect(canonicalAddress('FE80::1%eth0')).toEqual({ address: 'fe80::1', zone: 'eth0' })
    expect(canonicalAddress('127.0.0.1%lo')).toEqual({ address: '127.0.0.1', zone: 'lo' })
    expect(canonicalAddress('fe80::1%')).toBeNull()
    expect(canonicalAddress('fe80::1%a b')).toBeNull()
  })
})
