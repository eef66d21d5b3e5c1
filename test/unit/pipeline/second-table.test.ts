/** While who listens is looked for, processes are listed again: what only the first list had is not lost. */
import { expect, it } from 'vitest'
import { makeProcess, row } from '../connections/build.ts'
import { makeServer } from '../judge/build.ts'
import { bench, client, memoryProcess, memoryServer } from './bench.ts'

const web = makeServer('web', {
  transport: 'http',
  endpoint: { scheme: 'http', host: '127.0.0.1', port: 3001 },
})

it('knows whose the connection of a process is that ended before the second list', async () => {
  const { configure, sample, showOnce } = bench()
  configure([memoryServer, web])
  showOnce([makeProcess(21, 20)])
  const out = row('192.168.1.5:40000', '203.0.113.9:443', [21], { endedAt: 1_000_900 })
  const { result } = await sample([out])
  expect(result.closed.map(({ connection }) => connection.instance)).toEqual([
    result.instances.find(({ rootPid }) => rootPid === 20)?.id,
  ])
})

it('knows whose a process is that the second list has below nobody', async () => {
  const { configure, sample, showOnce } = bench()
  configure([memoryServer, web])
  const detached = (parent: number) => makeProcess(22, parent)
  showOnce([detached(20)])
  const { result } = await sample([], [client, memoryProcess, detached(1)])
  expect(result.instances.map(({ members }) => members.map(({ process }) => process.pid))).toEqual([
    [20, 22],
  ])
})
