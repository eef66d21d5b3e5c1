/** Which part the processes of a container play, with the control groups that engines give them. */
import { describe, expect, it } from 'vitest'
import { container, docker, look } from './containers.ts'
import { DESKTOP, proc, server, summaries } from './world.ts'

const RUN = ['docker', 'run', '-i', '--rm']
const FETCH = server('fetch', [...RUN, 'mcp/fetch'])
const CLI = proc(110, 100, [...RUN, 'mcp/fetch'])

describe('the processes of a container', () => {
  it.each([
    ['a small init', ['/sbin/docker-init', '--', 'node', '/srv.js']],
    ['a shell', ['sh', '-c', 'node /srv.js; true']],
  ])('serve by what %s starts', (_, line) => {
    const [shim, init] = docker(1, 130, line)
    const own = { uid: 0, cgroup: init.cgroup }
    const inside = [proc(131, 130, ['node', '/srv.js'], own), proc(132, 131, ['git', 'fetch'], own)]
    const output = look([FETCH], [DESKTOP, CLI, shim, init, ...inside], [container(1, 130)])
    const roles = { 110: 'launcher', 130: 'server', 131: 'server', 132: 'child' }
    expect(summaries([FETCH], output)[0]?.roles).toEqual(roles)
  })

  it('are children of what was put into it beside the server, whatever that is', () => {
    const [shim, init] = docker(1, 130, ['node', '/srv.js'])
    const own = { uid: 0, cgroup: init.cgroup }
    const beside = [
      proc(140, shim.pid, ['sh', '-c', 'true'], own),
      proc(141, 140, ['node', '/x'], own),
    ]
    const output = look([FETCH], [DESKTOP, CLI, shim, init, ...beside], [container(1, 130)])
    const roles = { 110: 'launcher', 130: 'server', 140: 'child', 141: 'child' }
    expect(summaries([FETCH], output)[0]?.roles).toEqual(roles)
  })
})
