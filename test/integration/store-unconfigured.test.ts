/** What the store hands back of running copies that no entry declares. */
import { expect, it } from 'vitest'
import { instance, record, T0, temporaryFolder, tick } from '../unit/store/ticks.ts'
import { open, run } from './store-files.ts'

const files = record('files')
const root = instance(100, [files])

it('gives back what a copy that no entry declares was listed as, while its first process runs', () => {
  const folder = temporaryFolder()
  const bare = record('notes-mcp')
  const notes = { ...bare, server: { ...bare.server, scope: 'unconfigured', source: '' } }
  const shown = {
    quality: 'unconfigured',
    reasons: ['protocol-name'],
    package: bare.package,
  } as const
  const gone = { ...shown, quality: 'remembered', reasons: ['root-gone'] } as const
  run(folder, [
    tick(T0, {
      servers: [notes, files],
      instances: [instance(1, [notes], shown), instance(2, [notes], gone), root],
    }),
  ])
  const store = open(folder)
  const read = store.memory().openInstances.filter(({ unconfigured }) => unconfigured)
  store.close()
  const { client, name } = notes.server
  const unconfigured = { client, name, package: bare.package }
  expect(read).toEqual([
    {
      id: instance(1, [notes]).id,
      serverIds: [notes.server.id],
      unconfigured: { rootPid: 1, unconfigured, reasons: ['protocol-name'] },
    },
  ])
})
