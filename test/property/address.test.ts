import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { canonicalAddress, ipv4Number } from '../../shared/address/canonical.ts'
import { scopeOf } from '../../shared/address/scope.ts'
import { SCOPES } from '../../shared/model/judgement.ts'

const ipv4 = fc.ipV4()
const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
})
const isMapped = (parts: readonly number[]): boolean =>
  parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff

describe('canonicalAddress', () => {
  it('writes IPv6 as the URL standard does, which is RFC 5952 (mapped ones aside)', () => {
    fc.assert(
      fc.property(groups, (parts) => {
        fc.pre(!isMapped(parts))
        const text = parts.map((part) => part.toString(16).toUpperCase().padStart(4, '0')).join(':')
        const expected = new URL(`http://[${text}]/`).hostname.slice(1, -1)
        expect(canonicalAddress(text)).toEqual({ address: expected, zone: null })
      }),
    )
  })

  it('folds IPv4-mapped addresses in both notations and leaves IPv4 alone', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number]
        const hex = `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
        for (const text of [address, `::ffff:${address}`, `[::FFFF:${address}]`, hex]) {
          expect(canonicalAddress(text)?.address).toBe(address)
        }
      }),
    )
  })

  it('never throws, answers only addresses, and changes nothing the second time', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...'0123456789abcf:.%[]*xX/'), maxLength: 60 }),
    )
    fc.assert(
      fc.property(text, (input) => {
        const first = canonicalAddress(input)
        if (first === null) return
        expect(isIPv4(first.address) || isIPv6(first.address)).toBe(true)
        expect(canonicalAddress(first.address)).toEqual({ address: first.address, zone: null })
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('scopeOf', () => {
  it('has an answer for everything, and never calls a relayed or unknown thing local', () => {
    const anything = fc.oneof(ipv4, fc.ipV6(), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(anything, (text) => {
        const scope = scopeOf(text, new Set())
        expect(SCOPES).toContain(scope)
        expect(scope).not.toBe('self')
        const canonical = canonicalAddress(text)?.address
        if (scope === 'loopback') {
          expect(canonical === '::1' || canonical?.startsWith('127.')).toBe(true)
        }
      }),
    )
  })
})

it('reads four decimal parts as ipaddr.js does, and nothing else', () => {
  const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '01', '0x1', '-1', ' 1'))
  const text = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'))
  fc.assert(
    fc.property(fc.oneof(text, fc.ipV4()), (address) => {
      const isValid = ipaddr.IPv4.isValidFourPartDecimal(address)
      const bytes = isValid ? ipaddr.IPv4.parse(address).toByteArray() : null
      const value = bytes?.reduce((sum, byte) => sum * 256 + byte, 0) ?? null
      expect(ipv4Number(address)).toBe(value)
    }),
    { numRuns: 2_000 },
  )
})
