/** Mapping a ring and waiting for it; with real descriptors of another kind where that is enough. */
import { closeSync, openSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { RingWait } from '../../../daemon/native/bpf.ts'
import type { Libc } from '../../../daemon/native/libc.ts'
import { loadNative } from '../../../daemon/native/load.ts'
import { mapRing } from '../../../daemon/native/ring-mapping.ts'

const onLinux = process.platform === 'linux'
const PAGE = 4096

interface Mapped {
  readonly at: number
  readonly length: number
  readonly access: number
  readonly flags: number
  readonly fd: number
  readonly offset: number
}

/** `fails`: which call of mmap does. */
function play(fails = -1): { libc: Libc; mapped: Mapped[] } {
  const mapped: Mapped[] = []
  const libc = {
    sysconf: () => PAGE,
    mmap: (
      at: number,
      length: number,
      access: number,
      flags: number,
      fd: number,
      offset: number,
    ) => {
      mapped.push({ at, length, access, flags, fd, offset })
      return mapped.length - 1 === fails ? -1 : at === 0 ? mapped.length * 0x100000 : at
    },
    koffi: { errno: () => 1, view: (_pointer: bigint, length: number) => new ArrayBuffer(length) },
  } as unknown as Libc
  return { libc, mapped }
}

describe('a ring’s memory', () => {
  const RING = 8 * PAGE

  it('may be written where the reader tells its position, and nowhere else', () => {
    const { libc, mapped } = play()
    const { data, produced, consumed } = mapRing(libc, 7, RING)
    expect(mapped).toEqual([
      { at: 0, length: PAGE, access: 3, flags: 1, fd: 7, offset: 0 },
      { at: 0, length: PAGE + 2 * RING, access: 1, flags: 1, fd: 7, offset: PAGE },
    ])
    expect([data.byteOffset, data.byteLength]).toEqual([PAGE, 2 * RING])
    expect([produced.byteOffset, produced.buffer === data.buffer]).toEqual([0, true])
    expect([consumed.byteOffset, consumed.length]).toEqual([0, 1])
  })

  it('is not taken away but replaced, for somebody may still look at it', () => {
    const { libc, mapped } = play()
    const ring = mapRing(libc, 7, RING)
    ring.close()
    ring.close()
    // MAP_PRIVATE, MAP_ANONYMOUS and MAP_FIXED.
    const empty = { access: 3, flags: 0x32, fd: -1, offset: 0 }
    expect(mapped.slice(2)).toEqual([
      { at: 0x100000, length: PAGE, ...empty },
      { at: 0x200000, length: PAGE + 2 * RING, ...empty },
    ])
  })

  it('is let go of when only one half could be had', () => {
    const { libc, mapped } = play(1)
    expect(() => mapRing(libc, 7, RING)).toThrow('mmap: EPERM')
    expect(mapped[2]).toMatchObject({ at: 0x100000, fd: -1 })
  })
})

describe.skipIf(!onLinux)('waiting', () => {
  async function openWait(fd: number): Promise<RingWait> {
    const loaded = await loadNative()
    if (!loaded.ok || loaded.native.bpf === null) throw new Error('no bpf here')
    return loaded.native.bpf.openWait(fd)
  }

  it('ends when there is something', async () => {
    // poll(2): a file can always be read.
    const fd = openSync('/dev/null', 'r')
    const wait = await openWait(fd)
    expect(await wait.wait(60_000)).toBe(true)
    wait.close()
    wait.close()
    closeSync(fd)
  })

  it('ends when it is told to, before or meanwhile', async () => {
    const wait = await openWait(-1)
    const pending = wait.wait(60_000)
    wait.end()
    expect(await pending).toBe(false)
    expect(await wait.wait(60_000)).toBe(false)
    wait.close()
    wait.end()
  })

  it('ends when its time is over', async () => {
    const wait = await openWait(-1)
    expect(await wait.wait(1)).toBe(false)
    wait.close()
  })

  it('fails where there is nothing to wait for', async () => {
    const wait = await openWait(1_000_000)
    await expect(wait.wait(60_000)).rejects.toThrow('poll: EBADF')
    wait.close()
  })
})
