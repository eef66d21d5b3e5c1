/** What zod found wrong with the shape of the file, in words of this file's: where, what, and what to write instead. */
import { findNodeAtLocation, getNodeValue, type JSONPath } from 'jsonc-parser'
import { z } from 'zod'
import type { PolicyDiagnostic } from '../../shared/contract/policy.ts'
import { EXPECT_WORDS, policyFileSchema } from '../../shared/contract/policy-file.ts'
import { say } from '../../shared/policy/reading.ts'
import { closest } from '../../shared/text/closest.ts'
import { diagnostic, type PolicyDocument } from './document.ts'

type Issue = z.core.$ZodIssue

export const UNTIL_ADVICE =
  'write the day it ends, like "2027-01-31", or a time with its zone, like "2027-01-31T18:00:00Z"'

/** One diagnostic an issue; an unknown key has its own place. */
export function shapeDiagnostics(
  document: PolicyDocument,
  issues: readonly Issue[],
): PolicyDiagnostic[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey(document, path, key))
    }
    const node = findNodeAtLocation(document.root, path)
    if (node === undefined) return [missing(document, path)]
    const value: unknown = getNodeValue(node)
    if (String(path.at(-1)) === 'expect' && Array.isArray(value)) {
      const odd = value.findIndex((item) => typeof item !== 'string')
      if (odd >= 0)
        return [
          diagnostic(
            document.placeOf([...path, odd]),
            'a host is a text',
            'write it like "api.example.com:443"',
          ),
        ]
    }
    const [message, advice] = words(path, issue, value)
    return [diagnostic(document.placeOf(path), message, advice)]
  })
}

function unknownKey(document: PolicyDocument, path: JSONPath, key: string): PolicyDiagnostic {
  const known = knownKeys(path)
  const better = closest(key, known)
  const advice =
    better === null
      ? `known here: ${known.map(say).join(', ')}`
      : `write ${say(better)}, or remove it`
  return diagnostic(document.placeOfKey([...path, key]), 'nothing is called so here', advice)
}

function missing(document: PolicyDocument, path: JSONPath): PolicyDiagnostic {
  const key = String(path.at(-1) ?? '')
  const examples: Readonly<Record<string, string>> = {
    version: '"version": 1',
    match: '"match": { "name": "…" }',
    kind: '"kind": "local-only-egress"',
  }
  const example = examples[key]
  return diagnostic(
    document.placeOf(path.slice(0, -1)),
    `${say(key)} is missing`,
    example === undefined ? null : `write ${example}`,
  )
}

/** The value is there and will not do. */
function words(path: JSONPath, issue: Issue, value: unknown): [string, string | null] {
  const key = String(path.at(-1) ?? '')
  if (issue.code === 'too_big') return tooBig(value)
  if (issue.code === 'too_small') return ['empty', 'write what is meant, or remove it']
  switch (key) {
    case 'version':
      return typeof value === 'number' && value > 1
        ? ['written for a newer mcp-watch', 'update mcp-watch, or write "version": 1']
        : ['not a version', 'write "version": 1']
    case 'expect':
      return expectWords(value)
    case 'until':
      return untilWords(value)
    case 'coolDown':
      return ['not a length of time', 'write a number and a unit, like "30m", "1h" or "2d"']
    case 'connections':
    case 'hours':
    case 'days':
    case 'findings':
      return ['not a length of time', 'write a number and a unit, like "30d"']
    case 'size':
      return ['not a size', 'write a whole number and a unit (MB, GB, MiB, GiB), like "250MiB"']
    default:
      return valueWords(issue, value)
  }
}

function tooBig(value: unknown): [string, string] {
  return Array.isArray(value)
    ? ['too many entries', 'split or shorten the list']
    : ['too long', 'shorten it']
}

function expectWords(value: unknown): [string, string] {
  const list = EXPECT_WORDS.map(say).join(', ')
  const general = `write one of ${list}, or a list of hosts like ["api.example.com:443"]`
  if (typeof value !== 'string') return ['not an expectation', general]
  if (/[.:]/.test(value))
    return ['a host where a list is meant', 'write it in brackets, like ["api.example.com:443"]']
  const better = closest(value, EXPECT_WORDS)
  return ['not an expectation', better === null ? general : `write ${say(better)}`]
}

function untilWords(value: unknown): [string, string] {
  if (typeof value === 'string' && /^\s*\d+(\.\d+)?\s*[a-z]+\s*$/i.test(value))
    return [
      'a length of time, which has no beginning in a file',
      `${UNTIL_ADVICE}; "--for" of the commands "allow" and "mute" writes it for you`,
    ]
  return ['not a day or time', UNTIL_ADVICE]
}

function valueWords(issue: Issue, value: unknown): [string, string | null] {
  if (issue.code === 'invalid_value') {
    const known = issue.values.map(String)
    const better = typeof value === 'string' ? closest(value, known) : null
    return [
      'not a word that is known here',
      better === null ? `write one of ${known.map(say).join(', ')}` : `write ${say(better)}`,
    ]
  }
  if (issue.code === 'invalid_type')
    return [`${TYPE_WORDS[issue.expected] ?? 'another value'} is meant`, typeAdvice(issue.expected)]
  return ['not what is meant here', 'write it as docs/policy.md shows']
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
}

function typeAdvice(expected: string): string {
  switch (expected) {
    case 'object':
      return 'write { … }'
    case 'array':
      return 'write [ … ]'
    case 'boolean':
      return 'write true or false, without quotes'
    default:
      return 'write it in double quotes'
  }
}

type Json = Readonly<Record<string, unknown>>

/** The names that the schema knows in the object at `path`. */
function knownKeys(path: JSONPath): string[] {
  let schema: Json | undefined = z.toJSONSchema(policyFileSchema, { io: 'input' })
  for (const part of path) {
    const next: unknown =
      typeof part === 'number' ? schema?.['items'] : (schema?.['properties'] as Json)?.[part]
    schema = next as Json | undefined
  }
  return Object.keys((schema?.['properties'] as Json | undefined) ?? {})
}
