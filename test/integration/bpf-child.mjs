// Loads the kernel's programs from wherever it is started, tells as one line of JSON how that went, and keeps them until
// its standard input ends. Arguments: folder of the compiled program, then optionally `exit`: leave without stopping.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder = '.', mode = ''] = process.argv.slice(2)
const load = (path) => import(pathToFileURL(join(folder, path)).href)
const { loadNative } = await load('daemon/native/load.js')
const { openOwnSource } = await load('daemon/capture/bpf/own-source.js')
const { refusalOf } = await load('daemon/capture/bpf/refusal.js')

const loaded = await loadNative()
if (!loaded.ok) throw loaded.cause
try {
  const source = openOwnSource(loaded.native, { waitMs: 60_000 })
  let records = 0
  const take = () => {
    records += 1
  }
  source.start({
    wake: () => source.drain(take),
    fail: (error) => {
      throw error
    },
  })
  console.log(JSON.stringify({ variant: source.variant }))
  process.stdin.resume().on('end', () => {
    if (mode === 'exit') process.exit()
    void source.stop().then(() => console.log(JSON.stringify({ records })))
  })
} catch (error) {
  const refusal = refusalOf(error)
  if (refusal === null) throw error
  console.log(JSON.stringify({ refusal, hint: error.hint }))
}
