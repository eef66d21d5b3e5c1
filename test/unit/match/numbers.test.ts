/** Numbers of processes are given again: a group that goes by one is then somebody else's. */
import { describe, expect, it } from 'vitest'
import { DESKTOP, proc, run, script, server, summaries } from './world.ts'

const LINE = ['node', '/w/notes.js']
const notes = server('notes', LINE, { script: script('/w/notes.js') })
const root = proc(110, 100, LINE, { pgid: 110, sid: 110, script: script('/w/notes.js') })
const first = run([notes], [DESKTOP, root])

describe('a number that is given again', () => {
  it('does not make its new owner a part of the server that had it', () => {
    const fields = { pgid: 110, sid: 110, startTicks: 5000 }
    const htop = proc(110, 1, ['htop'], fields)
    const child = proc(120, 110, ['sh'], { ...fields, startTicks: 5001 })
    expect(run([notes], [DESKTOP, htop, child], first.state).instances).toEqual([])
  })

  it('keeps what was detached in the group of a server that lives', () => {
    const detached = proc(120, 1, ['sh'], { pgid: 110, sid: 110 })
    const then = run([notes], [DESKTOP, root, detached], first.state)
    expect(summaries([notes], then)).toMatchObject([{ roles: { 110: 'server', 120: 'child' } }])
  })
})

describe('an entry of which nothing is known but a file', () => {
  const anything = [
    { kind: 'literal', value: '-c' },
    { kind: 'glob', parts: ['', ''] },
  ] as const
  const hidden = server('hidden', ['sh'], { args: anything, script: script('/w/notes.js') })

  it('is told by the file, and by no other command line', () => {
    const other = proc(130, 100, ['sh', '-c', 'git status; true'])
    expect(run([hidden], [DESKTOP, other, proc(140, 100, ['top'])]).instances).toEqual([])
  })
})
