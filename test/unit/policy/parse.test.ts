import { describe, expect, it } from 'vitest'
import { parsePolicy } from '../../../daemon/policy/parse.ts'
import { DEFAULT_POLICY } from '../../../shared/model/policy.ts'

const DAY_MS = 24 * 60 * 60_000
const NOW = Date.parse('2026-11-22T12:00:00Z')

/** `line:column message → advice`, one a line. */
const told = (text: string): string[] =>
  parsePolicy(text, NOW).diagnostics.map(
    ({ severity, line, column, message, advice }) =>
      `${severity} ${line}:${column} ${message} → ${advice}`,
  )

const withRule = (rule: string): string => `{"version": 1, "servers": [\n${rule}\n]}`

describe('a policy', () => {
  it('says what it says', () => {
    const { policy, diagnostics } = parsePolicy(
      `\ufeff// mine
      {
        "$schema": "./policy.schema.json",
        "version": 1,
        "defaults": { "expectation": "lan" },
        "servers": [
          {
            "match": { "name": "github", "client": "cursor" }, // at work
            "expect": ["api.github.com:443", ".github.com", "10.0.0.0/8",],
            "children": "open",
            "mute": [{ "kind": "local-only-egress", "until": "2026-12-31" }],
            "until": "2027-01-31T18:00:00+02:00",
            "why": "trial",
          },
        ],
        "names": { "resolve": false },
        "notify": { "desktop": false, "minSeverity": "high", "coolDown": "2h" },
        "retention": { "connections": "120d", "days": "1w", "size": "1GB" },
      }`,
      NOW,
    )
    expect(diagnostics).toEqual([])
    expect(policy).toEqual({
      defaultExpectation: 'lan',
      rules: [
        {
          match: { name: 'github', client: 'cursor', package: null, image: null },
          expect: [
            { kind: 'host', host: 'api.github.com', port: 443 },
            { kind: 'suffix', suffix: 'github.com', port: null },
            { kind: 'cidr', address: '10.0.0.0', bits: 8, port: null },
          ],
          children: 'open',
          mutes: [{ kind: 'local-only-egress', until: Date.parse('2027-01-01T00:00:00Z') }],
          until: Date.parse('2027-01-31T16:00:00Z'),
          why: 'trial',
        },
      ],
      resolveNames: false,
      notify: { desktop: false, minSeverity: 'high', coolDownMs: 2 * 3_600_000 },
      // Sums are kept for as long as what they are made of.
      retention: {
        connectionsMs: 120 * DAY_MS,
        hoursMs: 120 * DAY_MS,
        daysMs: 120 * DAY_MS,
        findingsMs: 365 * DAY_MS,
        maxBytes: 1_000_000_000,
      },
    })
  })

  it('is the default where it says nothing', () => {
    expect(parsePolicy('{"version": 1}', NOW)).toEqual({ policy: DEFAULT_POLICY, diagnostics: [] })
  })
})

describe('a faulty policy names the place and what to write', () => {
  it.each([
    ['', 'error 1:1 no policy in it → write { "version": 1 }, or remove the file'],
    ['[]', 'error 1:1 no policy in it → write { "version": 1 }, or remove the file'],
    ['{}', 'error 1:1 "version" is missing → write "version": 1'],
    [
      '{"version": 2}',
      'error 1:13 written for a newer mcp-watch → update mcp-watch, or write "version": 1',
    ],
    [
      '{"version": 1,\n  "server": []}',
      'error 2:3 nothing is called so here → write "servers", or remove it',
    ],
    ['{"version": 1,\n  "version": 1}', 'error 2:3 this is written twice → keep one of the two'],
    ['{"version": 1\n "servers": []}', 'error 2:2 a comma is missing → write a comma before this'],
    [
      '{"version": 1, "__proto__": {}}',
      'error 1:16 nothing is called so here → known here: "$schema", "version", "defaults", "servers", "names", "notify", "retention"',
    ],
    [
      '{"version": 1, "retention": {"size": "10 GB"}}',
      'error 1:38 not a size → write a whole number and a unit (MB, GB, MiB, GiB), like "250MiB"',
    ],
    [
      '{"version": 1, "retention": {"size": "1MB"}}',
      'error 1:38 smaller than 20 MB or larger than 1 TB → write it like "250MiB"',
    ],
    [
      '{"version": 1, "retention": {"days": "5m"}}',
      'error 1:38 shorter than an hour or longer than ten years → write it like "30d"',
    ],
    [
      '{"version": 1, "names": {"resolve": "no"}}',
      'error 1:37 true or false is meant → write true or false, without quotes',
    ],
    [
      '{"version": 1, "notify": {"coolDown": "soon"}}',
      'error 1:39 not a length of time → write a number and a unit, like "30m", "1h" or "2d"',
    ],
    [
      '{"version": 1, "defaults": {"expectation": "localonly"}}',
      'error 1:44 not a word that is known here → write "local-only"',
    ],
    [
      withRule('{"expect": "open"}'),
      'error 2:1 "match" is missing → write "match": { "name": "…" }',
    ],
    [
      withRule('{"match": {}, "expect": "open"}'),
      'error 2:11 it would match every server → name one like { "name": "…" }; what holds for all goes into "defaults"',
    ],
    [
      withRule('{"match": {"name": "a"}}'),
      'error 2:1 a rule that says nothing → write "expect" or "mute" in it, or remove it',
    ],
    [
      withRule('{"match": {"name": "a"}, "expect": "lokal-only"}'),
      'error 2:36 not an expectation → write "local-only"',
    ],
    [
      withRule('{"match": {"name": "a"}, "expect": "api.x.com"}'),
      'error 2:36 a host where a list is meant → write it in brackets, like ["api.example.com:443"]',
    ],
    [
      withRule('{"match": {"name": "a"}, "expect": ["b.c", 443]}'),
      'error 2:44 a host is a text → write it like "api.example.com:443"',
    ],
    [
      withRule('{"match": {"name": "a"}, "expect": ["b.c",\n "*"]}'),
      'error 3:2 any host at all → write "open" instead of the list',
    ],
    [
      withRule('{"match": {"name": "a"}, "expect": "open", "until": "7d"}'),
      'error 2:53 a length of time, which has no beginning in a file → write the day it ends, like "2027-01-31", or a time with its zone, like "2027-01-31T18:00:00Z"; "--for" of the commands "allow" and "mute" writes it for you',
    ],
    [
      withRule('{"match": {"name": "a"}, "expect": "open", "until": "2026-02-30"}'),
      'error 2:53 not a day or time → write the day it ends, like "2027-01-31", or a time with its zone, like "2027-01-31T18:00:00Z"',
    ],
    [
      withRule('{"match": {"name": "a"}, "mute": [{"kind": "local-only-egres"}]}'),
      'error 2:44 not a word that is known here → write "local-only-egress"',
    ],
    [
      withRule('{"match": {"package": "@a/b@1.2.3"}, "expect": "open"}'),
      'error 2:23 a package with its version → leave out the version',
    ],
    [
      withRule('{"match": {"image": "mcp/git:latest"}, "expect": "open"}'),
      'error 2:21 an image with its tag or digest → leave out what follows the name',
    ],
  ])('%s', (text, line) => {
    expect(told(text)).toEqual([line])
    expect(parsePolicy(text, NOW).policy).toBeNull()
  })

  it('without repeating what the file says', () => {
    const texts = [
      '{"version": "s3cr"}',
      '{"s3cr": 1, "version": 1}',
      withRule('{"match": {"name": "s3cr"}}'),
    ]
    for (const text of texts) expect(told(text).join()).not.toContain('s3cr')
  })

  it('however deep it is nested', () => {
    expect(told('['.repeat(500_000))).toEqual([
      'error 1:33 nested too deep → write it as docs/policy.md shows',
    ])
  })
})

describe('a policy that is probably not meant so', () => {
  it('is used, and warned of', () => {
    const text = withRule(
      [
        '{"match": {"name": "a"}, "expect": "none", "until": "2026-11-01"},',
        '{"match": {"name": "a"}, "expect": "none"},',
        '{"match": {"name": "a", "client": "cursr"}, "expect": "lan"}',
      ].join('\n'),
    )
    expect(told(text)).toEqual([
      'warning 2:1 this rule has expired → remove it, or write a later "until"',
      'warning 4:1 an earlier rule matches all that this one does → move this one up',
      'warning 4:35 no client of this id is known → write "cursor"',
    ])
    expect(parsePolicy(text, NOW).policy?.rules).toHaveLength(3)
  })
})
