/**
 * With each engine: what is counted of a client that has a remote entry and nothing else, so that no server is watched
 * beside it. It connects by a process below it, long after it was first seen.
 */
import { expect, it } from 'vitest'
import { exactObstacle } from '../../bench/capture/exact/obstacle.ts'
import type { Report } from '../../shared/contract/report.ts'
import { configure, startClient } from '../helpers/clients.ts'
import { labObstacle, startLab } from '../helpers/lab.ts'
import { tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { readReport, startWatcher } from '../helpers/watcher.ts'

/** Ends with its client. */
const LATER = `
  const { connect } = require('node:net')
  const [, host, port] = process.argv
  process.stdin.resume().on('end', () => process.exit())
  setTimeout(() => connect(Number(port), host), 4_000)`

/** Where pids are shared, other programs of this machine are seen too. */
const far = ({ servers }: Report): Report['servers'][0] | undefined =>
  servers.find(({ name }) => name === 'far')

const inLab = labObstacle()
const noBpf = await exactObstacle()

it.for(['bpf', 'sock-diag', 'ss', 'lsof'] as const)(
  'a connection of a process below a client is counted: %s',
  async (engine, context) => {
    if (inLab !== null) context.skip(inLab)
    if (engine === 'bpf' && noBpf !== null) context.skip(noBpf)
    const home = tempHome()
    const lab = await startLab({ sharesPids: engine === 'bpf' })
    try {
      const { host } = lab.outside
      configure(home, 'cursor', { far: { url: `https://${host}/mcp`, headers: {} } })
      const privileged = engine === 'bpf'
      const watcher = await startWatcher(lab, home, { args: ['--engine', engine], privileged })
      const run = JSON.stringify(['node', '-e', LATER, host, '443'])
      const client = await startClient(lab, home, 'cursor', { args: ['--run', run] })
      const startedAt = Date.now()
      const report = await waitFor(
        async () => {
          const now = await readReport(lab, home)
          return far(now)?.reached ? now : null
        },
        { what: 'it is counted', deadlineMs: 40_000, everyMs: 250 },
      )
      console.log(`${engine}: counted ${Date.now() - startedAt - 4_000} ms after it connected`)
      expect(far(report)).toMatchObject({
        state: 'remote',
        reached: { connections: 1, open: 1, addresses: [host] },
        destinations: [],
      })
      const reasons = report.coverage.notObserved
        .filter(({ serverId }) => serverId === far(report)?.id)
        .map(({ reason }) => reason)
      expect(reasons).toEqual(['remote-transport'])
      expect(new Set(report.coverage.engines.map(({ name }) => name))).toEqual(new Set([engine]))
      await client.process.signal('SIGKILL')
      await waitFor(async () => far(await readReport(lab, home))?.reached?.open === 0, {
        what: 'it is over',
        deadlineMs: 40_000,
        everyMs: 250,
      })
      await watcher.process.signal('SIGTERM')
      await watcher.process.exited(20_000)
    } finally {
      await lab.stop()
      home.remove()
    }
  },
)
