import { describe, expect, it } from 'vitest'
import { MAX_CMDLINE_BYTES, parseCmdline } from '../../../daemon/processes/proc-cmdline.ts'

const parse = (text: string, area: number | null, executable: string | null = '/usr/bin/node') =>
  parseCmdline(Buffer.from(text), area, executable)

describe('parseCmdline', () => {
  it.each([
    ['shorter than its area (perl, by assigning to $0)', 'short\0', 30, 'short'],
    [
      'longer than its area (run on into the environment)',
      'a very long title',
      10,
      'a very long title',
    ],
    ['without a closing NUL', 'title', null, 'title'],
    ['padded', 'title\0\0\0', 8, 'title'],
    ['filling the area to its last byte', 'npm exec pkg\0', 13, 'npm exec pkg'],
  ])('takes a string %s for a title', (_, text, area, title) => {
    expect(parse(text, area)).toEqual({ argv: [title], form: 'rewritten' })
  })

  it('takes a single argument with a space for a given one where it is the path of the image', () => {
    const path = '/opt/My App/tool'
    expect(parse(`${path}\0`, 17, path)).toEqual({ argv: [path], form: 'given' })
  })

  it('keeps empty arguments, also at the end', () => {
    expect(parse('node\0\0x\0\0', 9)).toEqual({ argv: ['node', '', 'x', ''], form: 'given' })
  })

  it('drops the argument that was cut off at the limit', () => {
    const text = `node\0${'x'.repeat(MAX_CMDLINE_BYTES)}`.slice(0, MAX_CMDLINE_BYTES)
    expect(parse(text, 5_000_000)).toEqual({ argv: ['node'], form: 'given' })
  })

  it('has no arguments where there is nothing', () => {
    expect(parse('', null)).toEqual({ argv: [], form: 'given' })
  })
})
