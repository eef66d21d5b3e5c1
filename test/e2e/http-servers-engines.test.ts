/** How soon an HTTP server is watched that begins to listen while nothing else is watched: with each engine. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { exactObstacle } from '../../bench/capture/exact/obstacle.ts'
import { statusSchema } from '../../shared/contract/answers.ts'
import type { EngineName } from '../../shared/model/observation.ts'
import { type CliRun, startCli } from '../helpers/cli.ts'
import { configure } from '../helpers/clients.ts'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { getApi } from '../helpers/watcher.ts'

const LISTENER = `
  require('node:http').createServer((_, answer) => answer.end())
    .listen(Number(process.argv[1]), '127.0.0.1', () => console.log('listens'))`
/** Measured: below half a second; a busy machine looks less often. Where listeners cannot be listed, `lsof` is asked every ten. */
const LIMIT_MS = process.platform === 'linux' ? 5_000 : 12_000

let home: TempHome | undefined
let daemon: CliRun | undefined
let server: ChildProcess | undefined

afterEach(async () => {
  server?.kill('SIGKILL')
  daemon?.child.kill('SIGTERM')
  await daemon?.ended()
  home?.remove()
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function isWatched(at: TempHome, pid: number | undefined): Promise<boolean> {
  const { servers } = statusSchema.parse(JSON.parse((await getApi(at, 'status')).body))
  return servers.some((each) => each.instances.some(({ rootPid }) => rootPid === pid))
}

const noBpf = await exactObstacle()
const linux: readonly EngineName[] = ['bpf', 'sock-diag', 'ss', 'lsof']
const engines = process.platform === 'linux' ? linux : (['lsof'] as const)

it.for(engines)(
  'an HTTP server is watched soon after it begins to listen: %s',
  async (engine, context) => {
    if (engine === 'bpf' && noBpf !== null) context.skip(noBpf)
    const at = tempHome()
    home = at
    const port = await freePort()
    configure(at, 'cursor', { web: { url: `http://localhost:${port}/mcp`, headers: {} } })
    const run = startCli(['start', '--engine', engine, '--port', '0'], at.env)
    daemon = run
    const started = await waitFor(() => run.lines().find(({ event }) => event === 'started'), {
      what: () => `the daemon starts (${run.stderr})`,
      deadlineMs: 20_000,
    })
    expect(started['engine']).toBe(engine)
    const program = spawn(process.execPath, ['-e', LISTENER, String(port)])
    server = program
    await once(program.stdout, 'data')
    const from = Date.now()
    await waitFor(() => isWatched(at, program.pid), {
      what: 'it is watched',
      deadlineMs: LIMIT_MS,
    })
    console.log(`${engine}: watched ${Date.now() - from} ms after it began to listen`)
  },
)
