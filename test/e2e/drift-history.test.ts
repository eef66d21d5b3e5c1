/** What becomes of a configuration under the built program, as `history` tells it. */
import { rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cli } from '../helpers/cli.ts'
import { about, CURSOR, type DriftScene, driftScene, WINDSURF } from '../helpers/drift-scene.ts'
import { filesBelow } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'

const SECRET = 'sk-ant-api03-neverwritten0000000000000000'
const notes = { command: 'npx', args: ['-y', 'notes-server@1.2.3'] }

let scene: DriftScene
beforeEach(() => {
  scene = driftScene()
})
afterEach(() => scene.end())

/** Until the configuration that was told last has this file, or has it no more. */
async function listed(file: string, isThere: boolean): Promise<void> {
  await waitFor(
    () => {
      const told = scene
        .events()
        .flatMap((event) =>
          event.event === 'configuration' || event.event === 'started' ? [event] : [],
        )
      const files = told.at(-1)?.configurations.map((found) => found.file) ?? []
      return files.includes(scene.home.join(file)) === isThere
    },
    { what: `${file} is ${isThere ? 'there' : 'gone'}`, deadlineMs: 40_000 },
  )
}

it('tells what was changed, from what to what, with the daemon running and stopped', async () => {
  scene.declare(CURSOR, { notes, far: { url: 'https://one.example/secret-path?key=1' } })
  await scene.start()
  expect(await scene.history('notes')).toMatchObject([
    { configured: true, changes: [], entry: { package: 'npm notes-server', version: '1.2.3' } },
  ])
  scene.declare(CURSOR, {
    notes: { command: 'npx', args: ['-y', 'notes-server@2.0.0'] },
    far: { url: 'https://two.example/secret-path?key=1' },
  })
  const [far, version] = [
    await scene.found('another address', about('far', 'two.example')),
    await scene.found('another version', about('notes', '2.0.0')),
  ]
  expect([far.severity, version.severity]).toEqual(['medium', 'low'])
  scene.declare(CURSOR, {
    notes: { command: scene.home.join('evil'), args: [`--token=${SECRET}`] },
  })
  await scene.found('another command', about('notes', 'runs something else'))
  const removed = await scene.found('a removal', about('far', 'taken out'))
  expect([removed.client, removed.severity]).toEqual(['cursor', 'low'])
  await scene.historyOnce('far', ([it]) => it?.changes.length === 2)
  const running = await scene.history('notes')
  const text = await cli(['history', 'far'], scene.home.env)
  expect(text.stdout).toContain('https://one.example:443 → https://two.example:443')
  expect(text.stdout).toContain('no longer configured')
  await scene.stop()
  expect(await scene.history('notes')).toEqual(running)
  expect(running[0]?.changes.map(({ kind, field, from, to }) => [kind, field, from, to])).toEqual([
    ['changed', 'version', '1.2.3', '2.0.0'],
    ['changed', 'command', 'npx', scene.home.join('evil')],
    ['changed', 'package', 'npm notes-server 2.0.0', null],
  ])
  expect((await cli(['history', 'nobody'], scene.home.env)).code).toBe(2)
  for (const { path, bytes } of filesBelow(scene.home.stateFolder))
    expect([path, bytes.includes(SECRET), bytes.includes('secret-path')]).toEqual([
      path,
      false,
      false,
    ])
})

it('is silent about a file that breaks, flaps, is gone for a moment, or was there before', async () => {
  scene.declare(CURSOR, { notes })
  scene.declare(WINDSURF, { notes })
  await scene.start()
  writeFileSync(scene.home.join(CURSOR), '{"mcpServers": {')
  await waitFor(() => scene.events().some(({ event }) => event === 'diagnostic'), {
    what: 'the broken file is told of',
    deadlineMs: 30_000,
  })
  rmSync(scene.home.join(WINDSURF))
  await listed(WINDSURF, false)
  scene.declare(WINDSURF, { notes })
  await listed(WINDSURF, true)
  scene.declare(CURSOR, { notes, last: { command: 'last' } })
  await scene.found('what comes last', about('last', CURSOR))
  expect(scene.findings().filter(({ server }) => server === 'notes')).toEqual([])
})
