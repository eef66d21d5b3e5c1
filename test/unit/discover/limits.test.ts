/**
 * What a hostile file may cost. The measure is an ordinary file as large as one may be, read in the same run: a slow or
 * busy machine makes both dear.
 */
import { describe, expect, it } from 'vitest'
import type { Candidate } from '../../../daemon/discover/candidate.ts'
import { firstExcess } from '../../../daemon/discover/json-limits.ts'
import { parseConfig, readConfig } from '../../../daemon/discover/read-config.ts'
import { own, setting } from './setting.ts'

const MIB = 1024 * 1024
/** A fifth of what is refused unread: what grows by the square of its size shows at this one, and the rest stays quick. */
const LARGEST = 4 * MIB
/** How often an ordinary file could be read meanwhile; what grows by the square of its size comes to hundreds. */
const MOST = 25

/** Processor time in milliseconds. */
function costOf(text: string, candidate: Candidate): number {
  const before = process.cpuUsage()
  const parsed = parseConfig(text, candidate)
  if (parsed.ok) readConfig(parsed.document, candidate, setting)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n')
const filled = (part: string, length: number): string =>
  part.repeat(Math.floor(length / part.length))

describe.each([
  {
    format: 'JSON',
    candidate: own('cursor', 'mcp.json'),
    ordinary: `{"mcpServers": {${many(60_000, (n) => `"s${n}": {"command": "x"},`)}}}`,
    hostile: {
      'white space': `{"mcpServers": {}${' '.repeat(LARGEST)}}`,
      'one long text': `{"mcpServers": {"a": {"command": "${'x'.repeat(LARGEST)}"}}}`,
      comments: `{${filled('/**/', LARGEST)}}`,
      'line comments': `{${filled('//\n', LARGEST)}}`,
      brackets: '['.repeat(LARGEST),
      'closing brackets': ']'.repeat(LARGEST),
      'an open text of escapes': `{"a": "${filled('\\u0041', LARGEST)}`,
      'one name': `{"mcpServers": {${filled('"a": {"command": "x"},', 1.5 * MIB)}"b": 1}}`,
      'unknown words': filled('nul ', LARGEST),
      placeholders: `{"mcpServers": {"a": {"command": "${filled('${', 16_000)}"}}}`,
    },
  },
  {
    format: 'TOML',
    candidate: own('codex', 'config.toml'),
    ordinary: many(60_000, (n) => `[a${n}]`),
    hostile: {
      'one long text': `a = "${'x'.repeat(LARGEST)}"`,
      comments: filled('#\n', LARGEST),
      'empty lines': '\n'.repeat(LARGEST),
      'a long path': `${'a.'.repeat(290_000)}a = 1`,
      brackets: `a = ${'['.repeat(290_000)}`,
      'open text': `a = """${filled('\\n', LARGEST)}`,
    },
  },
  {
    format: 'YAML',
    candidate: own('goose', 'config.yaml'),
    ordinary: many(6000, (n) => `a${n}: 1`),
    hostile: {
      quotes: `a: ${filled('"x" ', 400_000)}`,
      anchors: `a: ${filled('&a ', 400_000)}`,
      tags: `a: ${filled('!a ', 400_000)}`,
      'some quotes': `a: ${'"x" '.repeat(9000)}`,
      'some tags': `a: ${'!a '.repeat(19_000)}`,
      'white space': `a:${' '.repeat(500_000)}1`,
      directives: filled('%TAG ! a\n', 150_000),
      'a text of many lines': `a: ${'x\n '.repeat(19_000)}`,
      aliases: `a: &x [${'1,'.repeat(3000)}]\nb: [${'*x,'.repeat(400)}]`,
      'anchors of anchors': many(9000, (n) => `a${n}: &x${n} 1`),
      braces: `a: ${'{'.repeat(19_000)}`,
    },
  },
  {
    format: 'a program',
    candidate: own('crush', 'crushrc'),
    ordinary: many(12_000, (n) => `mcp add s${n} --command x --args y`),
    hostile: {
      quotes: filled('"', 500_000),
      'an open quote': `"${'x'.repeat(500_000)}`,
      backslashes: filled('\\\n', 500_000),
      comments: filled('#\n', 500_000),
      operators: filled('&', 500_000),
      flags: `mcp add a ${filled('--args ', 499_000)}`,
      placeholders: `mcp add a --command "${filled('$(', 16_000)}"`,
      'one name': filled('mcp add a\n', 500_000),
    },
  },
])('$format of', ({ candidate, ordinary, hostile }) => {
  const parsed = parseConfig(ordinary, candidate)
  let measure: number | null = null
  it('an ordinary kind is read', () => expect(parsed.ok).toBe(true))

  it.each(Object.entries(hostile))(
    '%s costs no more than a large ordinary file',
    (_, text) => {
      measure ??= Math.max(50, costOf(ordinary, candidate))
      expect(costOf(text, candidate)).toBeLessThan(MOST * measure)
    },
    120_000,
  )
})

it.each([
  ['{"a": "[[[", "b": [1]} // [[[ \n /* [[[ */', null],
  [`${'['.repeat(201)}`, { offset: 200, message: 'nested too deeply' }],
  [`${'[]'.repeat(300)}`, null],
  [`"\\"${'['.repeat(300)}"`, null],
  [`"${'['.repeat(300)}\n`, null],
  ['/* never closed [', null],
  ['', null],
])('looks for nesting outside of texts and comments: %#', (text, excess) => {
  expect(firstExcess(text)).toEqual(excess)
})

it('counts values of any kind', () => {
  for (const value of ['1', '"x"', 'null', '{}'])
    expect(firstExcess(`[${`${value},`.repeat(600_000)}]`)?.message).toBe('holds too many values')
})
