import { domainToASCII } from 'node:url'
import { describe, expect, it } from 'vitest'
import { formatHostRule, parseHostRule } from '../../../shared/policy/host-rule.ts'
import { hostRuleMatches, LAN_RULES } from '../../../shared/policy/match-host.ts'

const read = (text: string) => parseHostRule(text, domainToASCII)
const rule = (text: string) => {
  const reading = read(text)
  if (!reading.ok) throw new Error(`${text}: ${reading.problem}`)
  return reading.value
}
const advice = (text: string): string => {
  const reading = read(text)
  return reading.ok ? `accepted as ${formatHostRule(reading.value)}` : reading.advice
}

describe('a host in the policy', () => {
  it.each([
    ['API.GitHub.com.:443', 'api.github.com:443'],
    ['.github.com', '.github.com'],
    ['localhost:5432', 'localhost:5432'],
    ['my_db', 'my_db'],
    ['.internal', '.internal'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['192.0.2.10:80', '192.0.2.10:80'],
    ['10.0.0.0/8:443', '10.0.0.0/8:443'],
    ['[2001:DB8:0::1]:443', '[2001:db8::1]:443'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['[2001:db8::/32]:443', '[2001:db8::/32]:443'],
    ['::ffff:192.0.2.10', '192.0.2.10'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['fc00::/7', 'fc00::/7'],
    ['  example.com ', 'example.com'],
  ])('%s is read as %s', (text, canonical) => {
    expect(formatHostRule(rule(text))).toBe(canonical)
  })

  it.each([
    ['*', 'write "open" instead of the list'],
    ['*.github.com', 'write ".github.com": the domain and all below it'],
    ['https://api.github.com/v3?key=hidden', 'write "api.github.com:443"'],
    ['https://me:hidden@api.github.com:8443', 'write "api.github.com:8443"'],
    ['api.github.com/repos', 'leave out the path: write "api.github.com"'],
    ['.com', 'name the domain, or write "open" if all is meant'],
    ['.co.uk', 'name the domain, or write "open" if all is meant'],
    ['0.0.0.0/0', 'write "open" if all is meant'],
    ['128.0.0.0/1', 'write "open" if all is meant'],
    ['::/0', 'write "open" if all is meant'],
    ['2000::/3', 'write "open" if all is meant'],
    ['10.1.2.3/8', 'write "10.0.0.0/8", or "10.1.2.3" for that address alone'],
    ['10.0.0.0/33', 'the number behind the slash is at most 32'],
    ['open', 'write the word alone, without the list'],
    ['fe80::1%eth0', 'leave out the zone: "fe80::1"'],
    ['example.com:0', 'write it like "api.example.com:443"'],
    ['example.com:https', 'write it like "api.example.com:443"'],
    ['127.1', 'write an IPv4 address in four decimal parts, like "192.0.2.10"'],
    ['0x7f.0.0.1', 'write an IPv4 address in four decimal parts, like "192.0.2.10"'],
    ['１２７.1', 'write an IPv4 address in four decimal parts, like "192.0.2.10"'],
    ['', 'write a host like "api.example.com:443"'],
  ])('%s is refused with advice', (text, words) => {
    expect(advice(text)).toBe(words)
  })

  it('does not repeat what may be secret in a web address', () => {
    const reading = read('https://user:hidden@api.example.com/hidden?hidden')
    expect(JSON.stringify(reading)).not.toContain('hidden')
  })
})

describe('a rule covers', () => {
  const to = (address: string, port: number, ...names: string[]) => ({ address, port, names })

  it('a name, on its port, however it is written', () => {
    expect(
      hostRuleMatches(rule('api.example.com:443'), to('192.0.2.1', 443, 'API.example.com.')),
    ).toBe(true)
    expect(
      hostRuleMatches(rule('api.example.com:443'), to('192.0.2.1', 80, 'api.example.com')),
    ).toBe(false)
    expect(hostRuleMatches(rule('api.example.com'), to('192.0.2.1', 80))).toBe(false)
  })

  it('with a suffix the domain itself and what is below, not what ends alike', () => {
    const suffix = rule('.example.com')
    expect(hostRuleMatches(suffix, to('192.0.2.1', 1, 'example.com'))).toBe(true)
    expect(hostRuleMatches(suffix, to('192.0.2.1', 1, 'a.b.example.com'))).toBe(true)
    expect(hostRuleMatches(suffix, to('192.0.2.1', 1, 'badexample.com'))).toBe(false)
    expect(hostRuleMatches(suffix, to('192.0.2.1', 1, 'example.com.evil.test'))).toBe(false)
  })

  it('with a range the addresses in it, mapped ones too', () => {
    expect(hostRuleMatches(rule('10.0.0.0/8'), to('10.255.0.1', 1))).toBe(true)
    expect(hostRuleMatches(rule('10.0.0.0/8'), to('::ffff:10.0.0.1', 1))).toBe(true)
    expect(hostRuleMatches(rule('10.0.0.0/8'), to('11.0.0.1', 1))).toBe(false)
    expect(hostRuleMatches(rule('2001:db8::/33'), to('2001:db8:8000::1', 1))).toBe(false)
  })

  it('a metadata service by its very address alone', () => {
    const metadata = to('169.254.169.254', 80, 'api.example.com')
    expect(hostRuleMatches(rule('api.example.com'), metadata)).toBe(false)
    expect(hostRuleMatches(rule('169.254.0.0/16'), metadata)).toBe(false)
    expect(LAN_RULES.some((each) => hostRuleMatches(each, metadata))).toBe(false)
    expect(hostRuleMatches(rule('169.254.169.254'), metadata)).toBe(true)
  })
})
