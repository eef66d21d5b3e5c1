import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { findTool } from '../../../daemon/capture/run-tool.ts'
import { loadNative } from '../../../daemon/native/load.ts'
import { isNativeFault, type Native } from '../../../daemon/native/native.ts'

const onLinux = process.platform === 'linux'
const python = onLinux ? findTool('python3') : null

/** The socket behind each descriptor of this process that is one. */
function openSockets(): Map<string, string> {
  const found = new Map<string, string>()
  for (const fd of readdirSync('/proc/self/fd')) {
    const path = `/proc/self/fd/${fd}`
    const link = lstatSync(path, { throwIfNoEntry: false }) ? readlinkSync(path) : ''
    if (link.startsWith('socket:')) found.set(fd, link)
  }
  return found
}

const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', chr(0), 1) if sys.argv[1][0] == '@' else sys.argv[1])
s.settimeout(10)
print('ready', flush=True)
print(s.recv(1000).hex(), flush=True)
`

/** Node has no such socket to receive with. The first line is awaited; the second is what came, in hex. */
async function receiver(address: string): Promise<[string, Promise<string>]> {
  const child = spawn(python ?? '', ['-c', RECEIVER, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string> => String((await lines.next()).value)
  const ready = await line()
  return [ready, Promise.all([line(), once(child, 'exit')]).then(([text]) => text)]
}

async function native(): Promise<Native> {
  const loaded = await loadNative()
  if (!loaded.ok) throw new Error(loaded.reason, { cause: loaded.cause })
  return loaded.native
}

function faultOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return isNativeFault(error) ? `${error.syscall} ${error.errno}` : String(error)
  }
  return 'none'
}

describe('what cannot be loaded is a reason, never an exception', () => {
  it.each([
    [{ platform: 'darwin' }, 'not-linux'],
    [
      { platform: 'linux', loadKoffi: () => Promise.reject(new Error('no such package')) },
      'koffi-missing',
    ],
    [{ platform: 'linux', libraries: ['libno-such-thing.so.9'] }, 'libc-unsupported'],
  ])('%o', async (options, reason) => {
    expect(await loadNative(options)).toMatchObject({ ok: false, reason })
  })

  it.skipIf(!onLinux)('takes the next name where the first has no such functions', async () => {
    const loaded = await loadNative({ libraries: ['libno-such-thing.so.9', 'libm.so.6', null] })
    expect(loaded.ok).toBe(true)
  })
})

describe.skipIf(!onLinux)('system calls', () => {
  it('reads the CPU time of a process, its own as Node counts it', async () => {
    const library = await native()
    const before = process.cpuUsage()
    const clock = library.cpuTimeNs(process.pid)
    const after = process.cpuUsage()
    const us = ({ user, system }: NodeJS.CpuUsage): number => user + system
    expect(clock).toBeGreaterThanOrEqual(us(before) * 1_000 - 20_000_000)
    expect(clock).toBeLessThanOrEqual(us(after) * 1_000 + 20_000_000)
    expect(library.cpuTimeNs(process.ppid)).toBeGreaterThan(0)
  })

  it('has no time for what is no process', async () => {
    const library = await native()
    const none = [0, -1, 1.5, Number.NaN, 2 ** 31, 4_194_304].map((pid) => library.cpuTimeNs(pid))
    expect(none).toEqual([null, null, null, null, null, null])
  })

  it('names what the kernel refuses', async () => {
    const library = await native()
    expect(faultOf(() => library.netlink(99))).toBe('socket EPROTONOSUPPORT')
    const socket = library.netlink(4)
    socket.close()
    socket.close()
    expect(faultOf(() => socket.receive(new Uint8Array(16)))).toBe('recvfrom EBADF')
    expect(faultOf(() => library.inNetns('/proc/self/ns/nothing', () => 0))).toMatch(/ENOENT|EPERM/)
  })

  it('closes its descriptors on exec', async () => {
    const library = await native()
    const before = new Set(openSockets().values())
    const socket = library.netlink(4)
    const flags = [...openSockets()]
      .filter(([, link]) => !before.has(link))
      .map(([fd]) => /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1])
    socket.close()
    expect(flags.map((each) => Number.parseInt(each ?? '0', 8) & 0o2000000)).toEqual([0o2000000])
  })

  it.skipIf(python === null)(
    'sends a datagram to a Unix socket, also to an abstract name',
    async () => {
      const library = await native()
      const folder = mkdtempSync(join(tmpdir(), 'datagram-'))
      const text = Buffer.from('READY=1\nSTATUS=é')
      try {
        for (const address of [join(folder, 's'), `@mcp-watch-test-${process.pid}`]) {
          expect(library.sendUnixDatagram(address, text)).toBe(false)
          const [listening, received] = await receiver(address)
          expect(listening).toBe('ready')
          expect(library.sendUnixDatagram(address, text)).toBe(true)
          expect(await received).toBe(text.toString('hex'))
        }
      } finally {
        rmSync(folder, { recursive: true })
      }
      const bad = ['', 'relative', `/${'x'.repeat(200)}`, '/with\0zero', '@']
      expect(bad.map((address) => library.sendUnixDatagram(address, text))).toEqual(
        bad.map(() => false),
      )
    },
  )

  it('knows loopback by its number', async () => {
    const library = await native()
    // The first interface of every network namespace.
    expect(library.interfaceName(1)).toBe('lo')
    expect(library.interfaceName(0)).toBeNull()
  })
})
