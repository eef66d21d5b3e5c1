/**
 * The built capture service without its look at where it is: in a container it would see a part of the machine and
 * refuses to start. Here it has to show that its unit leaves it what loading the programs needs.
 */
import { arch } from 'node:os'
import { openOwnSource } from '../../dist/daemon/capture/bpf/own-source.js'
import { readConditions } from '../../dist/daemon/capture/bpf/read-conditions.js'
import { runCapture } from '../../dist/daemon/run-capture.js'

const FIRST = { cgroupNamespace: 0xeffffffb, pidNamespace: 0xeffffffc, userNamespace: 0xeffffffd }

function conditions() {
  const here = readConditions(arch(), true)
  return { ...here, ...FIRST, cgroup2: here.cgroup2.map(({ path }) => ({ path, inode: 1 })) }
}

const running = await runCapture({
  socket: null,
  open: (native) => openOwnSource(native, { conditions }),
})
process.on('SIGTERM', () => {
  void running.stop().then(() => process.exit(0))
})
