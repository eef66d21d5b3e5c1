/** Roles and instances from tick to tick. */
import { describe, expect, it } from 'vitest'
import type { Process } from '../../../shared/model/process.ts'
import { DESKTOP, npxTree, proc, run, script, server, summaries, titled } from './world.ts'

const FS = '@modelcontextprotocol/server-filesystem'
const files = server('files', ['npx', '-y', FS, '/dir'])
const mine = server('mine', ['node', '/w/mine.js'], { script: script('/w/mine.js') })
const root = proc(110, 100, ['node', '/w/mine.js'], { script: script('/w/mine.js') })
const INIT = proc(1, 0, ['/usr/lib/systemd/systemd'])

function moved(process: Process, ppid: number): Process {
  return { ...process, ppid }
}

describe('install scripts', () => {
  const [launcher, shell, bin] = npxTree(110, 100, ['/dir'])
  const package_ = script('/home/u/.npm/_npx/a3/node_modules/x/install.js', undefined, FS)
  const build = proc(115, 110, ['sh', '-c', 'node install.js /dir'])
  const step = proc(116, 115, ['node', 'install.js', '/dir'], { script: package_ })

  it('are told from the server, even those of the same package', () => {
    const output = run([files], [DESKTOP, launcher, build, step, shell, bin])
    expect(summaries([files], output)[0]?.roles).toEqual({
      110: 'launcher',
      111: 'launcher',
      112: 'server',
      115: 'install',
      116: 'install',
    })
  })

  it('a shell of unknown program is mended when the server appears below it', () => {
    const odd = proc(111, 110, ['sh', '-c', "'fs-tool' /dir"])
    const first = run([files], [DESKTOP, launcher, odd])
    expect(summaries([files], first)[0]?.roles).toEqual({ 110: 'launcher', 111: 'install' })
    const path = '/home/u/.npm/_npx/a3/node_modules/.bin/fs-tool'
    const tool = proc(112, 111, ['node', path, '/dir'], { script: script(path, '/x/i.js', FS) })
    expect(
      summaries([files], run([files], [DESKTOP, launcher, odd, tool], first.state))[0]?.roles,
    ).toEqual({
      110: 'launcher',
      111: 'launcher',
      112: 'server',
    })
  })

  it('a title does not make an install script a launcher', () => {
    const forged = titled(117, 110, `npm exec ${FS} /dir`, 150)
    const output = run([files], [DESKTOP, launcher, shell, bin, forged])
    expect(summaries([files], output)[0]?.roles[117]).toBe('install')
  })
})

describe('roles', () => {
  it('a server that executes a package runner stays a server', () => {
    const first = run([mine, files], [DESKTOP, root])
    const exec = titled(110, 100, `npm exec ${FS} /dir`, 150, { epoch: 1 })
    const next = run([mine, files], [DESKTOP, exec], first.state)
    expect(summaries([mine, files], next)).toMatchObject([
      { names: ['mine'], roles: { 110: 'server' } },
    ])
  })

  it('a launcher that executes the server becomes it, in the same instance', () => {
    const shell = proc(110, 100, ['sh', '-c', 'exec node /w/mine.js'])
    const first = run([mine], [DESKTOP, shell])
    expect(summaries([mine], first)).toMatchObject([{ roles: { 110: 'launcher' } }])
    const next = run(
      [mine],
      [DESKTOP, { ...root, epoch: 1, key: `${root.key}e` as typeof root.key }],
      first.state,
    )
    expect(summaries([mine], next)).toMatchObject([{ roles: { 110: 'server' } }])
    expect(next.instances[0]?.id).toBe(first.instances[0]?.id)
  })
})

describe('lifetime', () => {
  const [launcher, shell, bin] = npxTree(110, 100, ['/dir'])
  const first = run([files], [INIT, DESKTOP, launcher, shell, bin])

  it('an instance lives while any member does, whoever its parent is now', () => {
    const next = run([files], [INIT, DESKTOP, moved(bin, 1)], first.state)
    expect(next.instances).toMatchObject([
      { id: first.instances[0]?.id, quality: 'remembered', orphaned: true, rootPid: 110 },
    ])
    expect(next.instances[0]?.reasons).toContain('root-gone')
    expect(summaries([files], next)[0]?.roles).toEqual({ 112: 'server' })
    expect(next.instances[0]?.ancestors.map(({ pid }) => pid)).toEqual([100])
    expect(run([files], [INIT, DESKTOP], next.state).instances).toEqual([])
  })

  it('an orphan stays one when it is matched anew, below whatever took it over', () => {
    const taker = proc(50, 1, ['/usr/bin/some-reaper'])
    const orphan = moved(root, 50)
    const anew = run([mine], [INIT, taker, orphan])
    expect(anew.instances[0]?.orphaned).toBe(false)
    const orphansBefore = new Set(anew.instances.map(({ id }) => id))
    const known = run([mine], [INIT, taker, orphan], undefined, { orphansBefore })
    expect(known.instances[0]?.orphaned).toBe(true)
    const owned = run([mine], [DESKTOP, root], undefined, { orphansBefore })
    expect(owned.instances).toMatchObject([{ orphaned: false }])
  })

  it('a client that ends leaves an orphan with its name', () => {
    const next = run([files], [INIT, moved(launcher, 1), shell, bin], first.state)
    expect(next.instances).toMatchObject([
      { serverIds: [files.id], orphaned: true, client: { id: 'claude-desktop', pid: 100 } },
    ])
  })

  it('an entry taken out of the file keeps its running instance', () => {
    expect(run([], [INIT, DESKTOP, launcher, shell, bin], first.state).instances).toMatchObject([
      { serverIds: [files.id], quality: 'exact' },
    ])
  })

  it('a number used again is another process', () => {
    const again = proc(112, 1, ['sleep', '9'], { startTicks: 9_999 })
    expect(run([files], [INIT, DESKTOP, again], first.state).instances).toEqual([])
  })

  it('a daemonised child is known by a group that only the instance has', () => {
    const own = { ...root, pgid: 110, sid: 110 }
    const known = run([mine], [INIT, DESKTOP, own])
    const daemon = proc(150, 1, ['curl'], { pgid: 110, sid: 110 })
    const stranger = proc(151, 1, ['curl'], { pgid: 1000, sid: 1000 })
    const older = proc(152, 1, ['curl'], { pgid: 110, startTicks: 5 })
    const next = run([mine], [INIT, DESKTOP, own, daemon, stranger, older], known.state)
    expect(summaries([mine], next)[0]?.roles).toEqual({ 110: 'server', 150: 'child' })
  })

  it('a look-alike forked off in that group gets no name of its own', () => {
    const own = { ...root, pgid: 110, sid: 110 }
    const known = run([mine, files], [INIT, DESKTOP, own])
    const forked = npxTree(160, 1, ['/dir']).map((p) => ({ ...p, pgid: 110 }))
    const next = run([mine, files], [INIT, DESKTOP, own, ...forked], known.state)
    expect(summaries([mine, files], next)).toMatchObject([
      { names: ['mine'], roles: { 160: 'child' } },
    ])
  })
})
