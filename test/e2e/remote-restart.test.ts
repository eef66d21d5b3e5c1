/** With each engine: a connection to a remote server that stays open while the daemon is started anew is counted once. */
import { it } from 'vitest'
import { exactObstacle } from '../../bench/capture/exact/obstacle.ts'
import type { Report } from '../../shared/contract/report.ts'
import { configure } from '../helpers/clients.ts'
import { labObstacle } from '../helpers/lab.ts'
import { statesScene } from '../helpers/states-scene.ts'
import { startWatcher, type Watcher } from '../helpers/watcher.ts'

/** Ends with its client. */
const STAYS = `
  const { connect } = require('node:net')
  const [, host, port] = process.argv
  process.stdin.resume().on('end', () => process.exit())
  connect(Number(port), host)`

const far = ({ servers }: Report) => servers.find(({ name }) => name === 'far')?.reached

const inLab = labObstacle()
const noBpf = await exactObstacle()

it.for(['bpf', 'sock-diag', 'ss', 'lsof'] as const)(
  'what is open over a restart is counted once: %s',
  async (engine, context) => {
    if (inLab !== null) context.skip(inLab)
    if (engine === 'bpf' && noBpf !== null) context.skip(noBpf)
    const privileged = engine === 'bpf'
    const scene = await statesScene({ sharesPids: privileged })
    try {
      const { host, ports } = scene.lab.outside
      const port = ports.first
      const start = (): Promise<Watcher> =>
        startWatcher(scene.lab, scene.home, { args: ['--engine', engine], privileged })
      const reached = (connections: number, open: number): Promise<Report> =>
        scene.reportWith(
          `${connections} connections, ${open} open`,
          (now) => far(now)?.connections === connections && far(now)?.open === open,
        )
      configure(scene.home, 'cursor', { far: { url: `https://${host}:${port}/mcp`, headers: {} } })
      const first = await start()
      const cursor = await scene.client('cursor')
      const connect = (): Promise<number> => cursor.run(['node', '-e', STAYS, host, `${port}`])
      const ends = await connect()
      await reached(1, 1)
      const stays = await connect()
      await reached(2, 2)
      await first.process.signal('SIGTERM')
      await first.process.exited(20_000)
      await scene.lab.signal(ends, 'SIGKILL')
      const second = await start()
      await connect()
      await reached(3, 2)
      await scene.lab.signal(stays, 'SIGKILL')
      await reached(3, 1)
      await second.process.signal('SIGTERM')
      await second.process.exited(20_000)
    } finally {
      await scene.end()
    }
  },
)
