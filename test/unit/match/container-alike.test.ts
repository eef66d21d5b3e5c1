/** Containers of commands that nothing tells apart: as many as there are commands, and their client's. */
import { describe, expect, it } from 'vitest'
import { container, docker, look } from './containers.ts'
import { CURSOR, DESKTOP, proc, server, summaries } from './world.ts'

const RUN = ['docker', 'run', '-i', '--rm']
const WORK = server('work', [...RUN, '-e', 'TOKEN', 'mcp/fetch'])
const HOME = server('home', [...RUN, '-e', 'KEY', 'mcp/fetch'])
const work = proc(110, 100, [...RUN, '-e', 'TOKEN', 'mcp/fetch'])
const home = proc(111, 100, [...RUN, '-e', 'KEY', 'mcp/fetch'])
const inside = [...docker(1, 130), ...docker(2, 140)]
const all = [container(1, 130), container(2, 140)]
const CONTAINED = [{ rootPid: 130 }, { rootPid: 140 }]

describe('containers that can be of either of two commands', () => {
  const first = look([WORK, HOME], [DESKTOP, work, home, ...inside], all)
  const contained = ({ instances }: typeof first) =>
    instances.filter(({ container: one }) => one !== undefined)

  it('are the client’s that started both', () => {
    expect(contained(first)).toMatchObject(
      CONTAINED.map((one) => ({
        ...one,
        quality: 'one-of',
        orphaned: false,
        client: { id: 'claude-desktop' },
      })),
    )
  })

  it('are nobody’s in particular where two clients started them', () => {
    const theirs = proc(211, 200, home.argv)
    const later = [...docker(1, 230), ...docker(2, 240)]
    const containers = [container(1, 230), container(2, 240)]
    const output = look([WORK, HOME], [DESKTOP, CURSOR, work, theirs, ...later], containers)
    expect(contained(output).map(({ client, quality }) => [client, quality])).toEqual([
      [null, 'one-of'],
      [null, 'one-of'],
    ])
  })

  it('leave no command waiting', () => {
    expect(first.waiting).toEqual([])
  })

  it('leave both waiting where there is one only', () => {
    const output = look([WORK, HOME], [DESKTOP, work, home, ...docker(1, 130)], all)
    expect(output.waiting).toHaveLength(2)
  })

  it('leave those alone waiting of whose image there is one only', () => {
    const [one, other] = ['one', 'other'].map((name) =>
      server(name, [...RUN, '-e', name, 'mcp/time']),
    )
    if (one === undefined || other === undefined) throw new Error('there are two')
    const late = [
      proc(112, 100, [...RUN, '-e', 'one', 'mcp/time']),
      proc(113, 100, [...RUN, '-e', 'other', 'mcp/time']),
    ]
    const output = look(
      [WORK, HOME, one, other],
      [DESKTOP, work, home, ...late, ...inside, ...docker(3, 150)],
      [...all, container(3, 150, { image: 'mcp/time' })],
    )
    const waiting = new Set(output.waiting.map(({ instance }) => instance))
    const pids = output.instances.flatMap(({ id, rootPid }) => (waiting.has(id) ? [rootPid] : []))
    expect(pids).toEqual([112, 113])
  })

  it('have lost their client when all those commands have ended', () => {
    const one = look([WORK, HOME], [DESKTOP, work, ...inside], all, first.state)
    expect(contained(one).map(({ orphaned }) => orphaned)).toEqual([false, false])
    const none = look([WORK, HOME], [DESKTOP, ...inside], all, one.state)
    expect(contained(none).map(({ orphaned }) => orphaned)).toEqual([true, true])
  })

  it('are none of a command that was told other options and other arguments', () => {
    const script = proc(112, 100, [...RUN, 'mcp/fetch', '--other'])
    const output = look([WORK, HOME], [DESKTOP, script], [])
    expect(summaries([WORK, HOME], output)).toEqual([])
  })
})
