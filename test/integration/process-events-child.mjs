// Listens for process events from wherever it is started, and tells as one line of JSON how that went.
// Arguments: folder of the compiled program, then optionally `leave-net`: move to another network once it works.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder = '.', mode = ''] = process.argv.slice(2)
const load = (path) => import(pathToFileURL(join(folder, path)).href)
const { loadNative } = await load('daemon/native/load.js')
const { createProcessEvents } = await load('daemon/processes/proc-connector.js')
const { spawnProbe, surroundings } = await load('daemon/processes/proc-connector-probe.js')
const { createFamily } = await load('daemon/processes/family.js')

const loaded = await loadNative()
const family = createFamily()
const events = createProcessEvents({
  native: loaded.ok ? loaded.native : null,
  family,
  spawnProbe,
  clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
  surroundings: surroundings(),
})
const deadline = performance.now() + 10_000
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function until(condition) {
  while (!condition() && performance.now() < deadline) {
    events.drain()
    await turn()
  }
}

await until(() => events.state() !== 'probing')
let heardAfter = null
if (mode === 'leave-net') {
  const koffi = createRequire(join(folder, 'package.json'))('koffi')
  const CLONE_NEWNET = 0x40000000
  const failed = koffi.load(null).func('int unshare(int)')(CLONE_NEWNET)
  family.watch([process.pid])
  const { pid } = spawn('/bin/sh', ['-c', ':'], { stdio: 'ignore' })
  await until(() => family.has(pid))
  heardAfter = failed === 0 && family.has(pid)
}
events.close()
process.stdout.write(`${JSON.stringify({ state: events.state(), heardAfter })}\n`)
