import { describe, expect, it } from 'vitest'
import {
  parseRecord,
  problemSentence,
  recordText,
  SERVICE_PROBLEMS,
  type ServiceSurroundings,
  serviceProblems,
} from '../../../shared/service/record.ts'
import { facts } from './facts.ts'

const { record } = facts()
const fine: ServiceSurroundings = {
  version: record.version,
  program: record.program,
  modules: record.modules,
  programExists: true,
}

describe('a record', () => {
  it.each([
    ['nothing changed', {}, []],
    ['Node was removed', { modules: null }, ['node-gone']],
    ['Node was replaced by another major version', { modules: '137' }, ['node-changed']],
    ['mcp-watch was removed', { programExists: false }, ['program-gone']],
    ['another copy asks', { program: '/elsewhere/main.js' }, ['other-program']],
    ['mcp-watch was updated in its place', { version: '2.0.0' }, ['other-version']],
  ] as const)('%s', (_name, change, expected) => {
    expect(serviceProblems(record, { ...fine, ...change })).toEqual(expected)
  })

  it('that is not there, or was changed by hand, is a problem of its own', () => {
    for (const text of ['', '[Unit]', 'mcp-watch-record: {', 'mcp-watch-record: {"version":1}']) {
      expect(parseRecord(text)).toBeNull()
    }
    expect(serviceProblems(null, fine)).toEqual(['no-record'])
  })

  it('has no two hyphens in a row, so that it fits in a comment of XML', () => {
    expect(recordText({ ...record, program: '/a--b/-->/main.js' })).not.toContain('--')
  })

  it('gives each problem a sentence of its own', () => {
    const sentences = SERVICE_PROBLEMS.map((each) => problemSentence(each, record))
    expect(new Set(sentences).size).toBe(SERVICE_PROBLEMS.length)
    expect(sentences.join()).not.toContain('unknown')
  })
})
