import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadNative } from '../../../daemon/native/load.ts'
import { isNativeFault, type Native } from '../../../daemon/native/native.ts'

const onLinux = process.platform === 'linux'

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
    const { cpuTimeNs } = await native()
    const before = process.cpuUsage()
    const clock = cpuTimeNs(process.pid)
    const after = process.cpuUsage()
    const us = ({ user, system }: NodeJS.CpuUsage): number => user + system
    expect(clock).toBeGreaterThanOrEqual(us(before) * 1_000 - 20_000_000)
    expect(clock).toBeLessThanOrEqual(us(after) * 1_000 + 20_000_000)
    expect(cpuTimeNs(process.ppid)).toBeGreaterThan(0)
  })

  it('has no time for what is no process', async () => {
    const { cpuTimeNs } = await native()
    const none = [0, -1, 1.5, Number.NaN, 2 ** 31, 4_194_304].map((pid) => cpuTimeNs(pid))
    expect(none).toEqual([null, null, null, null, null, null])
  })

  it('names what the kernel refuses', async () => {
    const { netlink, inNetns } = await native()
    expect(faultOf(() => netlink(99))).toBe('socket EPROTONOSUPPORT')
    const socket = netlink(4)
    socket.close()
    socket.close()
    expect(faultOf(() => socket.receive(new Uint8Array(16)))).toBe('recvfrom EBADF')
    expect(faultOf(() => inNetns('/proc/self/ns/nothing', () => 0))).toMatch(/ENOENT|EPERM/)
  })

  it('closes its descriptors on exec', async () => {
    const { netlink } = await native()
    const socket = netlink(4)
    const flags = execFileSync('sh', ['-c', 'ls /proc/$PPID/fd; echo; ls /proc/$$/fd']).toString()
    const [ours = '', theirs = ''] = flags.split('\n\n')
    socket.close()
    expect(theirs.trim().split('\n').length).toBeLessThan(ours.trim().split('\n').length)
    expect(theirs.trim().split('\n').length).toBeLessThanOrEqual(5)
  })

  it('knows loopback by its number', async () => {
    const { interfaceName } = await native()
    const index = Number(/^\s*(\d+):/m.exec(readFileSync('/proc/net/igmp', 'utf8'))?.[1] ?? 1)
    expect(interfaceName(index)).toBeTypeOf('string')
    expect(interfaceName(0)).toBeNull()
  })
})
