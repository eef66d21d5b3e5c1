/** Reads the capture service's stream byte by byte as docs/service.md has it, and prints the kind and user of each record. */
import { connect } from 'node:net'

let bytes = Buffer.alloc(0)
let isGreeted = false
connect(process.argv[2]).on('data', (chunk) => {
  bytes = Buffer.concat([bytes, chunk])
  if (!isGreeted && bytes.length >= 64) {
    isGreeted = bytes.toString('latin1', 0, 8) === 'mcpwatch' && bytes.readUInt32LE(12) === 128
    if (!isGreeted) process.exit(1)
    bytes = bytes.subarray(64)
    process.stdout.write('connected\n')
  }
  while (isGreeted && bytes.length >= 8) {
    const [kind, count] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)]
    const size = kind === 1 ? 8 + count * 128 : 8
    if (bytes.length < size) return
    for (let at = 8; at < size; at += 128) {
      process.stdout.write(`${bytes.readUInt32LE(at)} of ${bytes.readUInt32LE(at + 40)}\n`)
    }
    bytes = bytes.subarray(size)
  }
})
