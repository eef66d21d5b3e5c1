// Loaded into the daemon before anything else (node --import): its clocks are off by what a file says, as JSON of
// { wall, monotonic, boot } in ms, read anew every 50 ms. So a test can set the clock, or put the machine to sleep.
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

const file = process.env.TEST_CLOCK_FILE
const real = {
  wall: Date.now,
  monotonic: performance.now.bind(performance),
  boot: os.uptime,
}
let off = { wall: 0, monotonic: 0, boot: 0 }
const read = () => {
  try {
    off = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Just being written.
  }
}
read()
setInterval(read, 50).unref()
Date.now = () => real.wall() + off.wall
performance.now = () => real.monotonic() + off.monotonic
os.uptime = () => real.boot() + off.boot / 1000
syncBuiltinESMExports()
