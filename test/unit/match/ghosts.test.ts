/** Processes that are known by their events alone: nothing of them could be read, and what they did is somebody's. */
import { describe, expect, it } from 'vitest'
import { ghostOf } from '../../../daemon/processes/ghost.ts'
import type { Process } from '../../../shared/model/process.ts'
import { DESKTOP, npxTree, proc, run, script, server, summaries } from './world.ts'

const FS = '@modelcontextprotocol/server-filesystem'
const files = server('files', ['npx', '-y', FS, '/dir'])
const mine = server('mine', ['node', '/w/mine.js'], { script: script('/w/mine.js') })
const root = proc(110, 100, ['node', '/w/mine.js'], { script: script('/w/mine.js') })

function ghost(pid: number, above: Process, comm = 'curl'): Process {
  return ghostOf(pid, pid * 10, { uid: 1000, comm }, above)
}

describe('a ghost', () => {
  it('below a server is a child of it, and so is one below that', () => {
    const first = ghost(120, root, 'sh')
    const output = run([mine], [DESKTOP, root, first, ghost(121, first)])
    expect(summaries([mine], output)).toMatchObject([
      { names: ['mine'], quality: 'exact', roles: { 110: 'server', 120: 'child', 121: 'child' } },
    ])
  })

  it('changes nothing else, neither as it comes nor as it goes', () => {
    const before = run([mine], [DESKTOP, root])
    const during = run([mine], [DESKTOP, root, ghost(120, root)], before.state)
    const after = run([mine], [DESKTOP, root], during.state)
    const facts = [before, during, after].map(({ instances, clients }) => ({
      clients: clients.map(({ id }) => id),
      instances: instances.map((instance) => ({ ...instance, members: [] })),
    }))
    expect(facts[1]).toEqual(facts[0])
    expect(facts[2]).toEqual(facts[0])
    expect(during.instances[0]?.members.every(({ process }) => process.readable)).toBe(true)
  })

  it('is no server by its name, nor a client', () => {
    const named = [ghost(120, DESKTOP, 'node'), ghost(121, DESKTOP, 'claude')]
    const output = run([mine, files], [DESKTOP, ...named])
    expect(output.instances).toEqual([])
    expect(output.clients.map(({ process }) => process.pid)).toEqual([100])
  })

  it('below a package runner is taken for a step of the installation', () => {
    const tree = npxTree(110, 100, ['/dir'])
    const [launcher, , bin] = tree
    const output = run([files], [DESKTOP, ...tree, ghost(113, launcher), ghost(114, bin)])
    expect(summaries([files], output)[0]?.roles).toMatchObject({
      110: 'launcher',
      112: 'server',
      113: 'install',
      114: 'child',
    })
  })

  it('does not stand for the server in what is said to run', () => {
    const shell = proc(110, 100, ['sh', '-c', 'true; node /w/mine.js'])
    const configured = server('shell', ['sh', '-c', 'true; node /w/mine.js'])
    const binary = proc(112, 110, ['/opt/tool'], { executable: '/opt/tool' })
    const [instance] = run([configured], [DESKTOP, shell, ghost(111, shell), binary]).instances
    expect(instance?.binary).toBe('tool')
  })
})
