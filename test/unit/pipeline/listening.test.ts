import { expect, it } from 'vitest'
import type { SocketRow } from '../../../shared/model/observation.ts'
import type { Process } from '../../../shared/model/process.ts'
import { makeProcess, row } from '../connections/build.ts'
import { makeServer, noMemory } from '../judge/build.ts'
import { bench, client } from './bench.ts'

const web = makeServer('web', {
  transport: 'http',
  endpoint: { scheme: 'http', host: '127.0.0.1', port: 3001 },
})
const program = makeProcess(30, 1, { executable: '/usr/bin/ruby' })
const child = makeProcess(31, 30, { executable: '/usr/bin/curl' })

it('names a listener in the very tick that hears of it, with what it started while it was looked for', async () => {
  const processes: Process[] = [client, program]
  let listeners: readonly SocketRow[] = []
  const { configure, sample, watched, stop } = bench(noMemory, undefined, {
    ownerOf: async () => {
      if (!processes.includes(child)) processes.push(child)
      return { kind: 'process', process: program }
    },
    list: () => listeners,
  })
  configure([web])
  await sample([], processes)
  listeners = [row('127.0.0.1:3001', null, [], { inode: 7, state: 'listen' })]
  const { instances } = await sample([], processes)
  expect(instances.map(({ rootPid, quality }) => [rootPid, quality])).toEqual([[30, 'listener']])
  expect(watched().flatMap(({ pid, kind }) => (kind === 'member' ? [pid] : []))).toEqual([30, 31])
  await stop([])
})
