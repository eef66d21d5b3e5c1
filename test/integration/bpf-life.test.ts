/** What of the kernel's programs stays, and for how long: nothing, and at once. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadPrograms } from '../../daemon/capture/bpf/load-programs.ts'
import { openOwnSource } from '../../daemon/capture/bpf/own-source.ts'
import { RING_BYTES } from '../../daemon/capture/bpf/program-table.ts'
import { readConditions } from '../../daemon/capture/bpf/read-conditions.ts'
import { RECORD_BYTES } from '../../daemon/capture/exact/record-layout.ts'
import { findTool } from '../../daemon/capture/run-tool.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { type Built, build, heldBy, startBpfChild, stillThere } from './bpf-built.ts'
import { type Heard, hear, realNative, whyNot } from './bpf-source.ts'

const onLinux = process.platform === 'linux'
const plain = process.getuid?.() === 0 ? null : 'only root may look for what is left'
const why = onLinux ? (plain ?? (await whyNot())) : 'this is not Linux'
const python = onLinux ? findTool('python3') : null

/** An entry is a record and 8 bytes. */
const FITS = Math.floor(RING_BYTES / (RECORD_BYTES + 8))

function makeSockets(count: number): void {
  const script = `import socket\nfor _ in range(${count}): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()`
  execFileSync(python ?? '', ['-c', script])
}

describe.skipIf(why !== null)(`the programs' life (${why ?? 'as root'})`, () => {
  it('ends with stop, with all that was opened for it', async () => {
    const native = await realNative()
    const files = (): number => readdirSync('/proc/self/fd').length
    const before = files()
    const source = openOwnSource(native, { waitMs: 60_000 })
    const held = heldBy('self')
    expect(held.map(({ kind }) => kind).sort()).toEqual([
      ...Array.from({ length: 8 }, () => 'link'),
      ...Array.from({ length: 3 }, () => 'map'),
      ...Array.from({ length: 8 }, () => 'program'),
    ])
    expect(stillThere(held)).toEqual(held)
    source.start({ wake: () => undefined, fail: () => undefined })
    const began = performance.now()
    await Promise.all([source.stop(), source.stop()])
    // The wait is broken off; on a machine with nothing else to do all this takes a few ms.
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(files()).toBe(before)
    // The kernel frees maps a little later than the last who uses them lets go.
    await waitFor(() => stillThere(held).length === 0, {
      what: () => JSON.stringify(stillThere(held)),
      deadlineMs: 10_000,
    })
    expect(source.drain(() => undefined)).toBe(0)
  })

  it('is as well that of the programs without optional helpers', async () => {
    const { bpf } = await realNative()
    const cgroup = readConditions('any', true).cgroup2.find(({ inode }) => inode === 1)
    if (bpf === null || cgroup === undefined) throw new Error('the other programs were loaded')
    const result = loadPrograms(bpf, cgroup.path, 'basic')
    expect(result).toMatchObject({ ok: true, loaded: { variant: 'basic' } })
    const held = heldBy('self')
    expect(held).toHaveLength(19)
    if (result.ok) result.loaded.close()
    expect(heldBy('self')).toEqual([])
  })

  it('does not touch that of others’ programs: two see the same, and one goes on alone', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.77.5.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    /** Makes a connection; its local port. */
    const visit = async (): Promise<number> => {
      const socket = connect(port, '127.77.5.1').resume()
      await once(socket, 'connect')
      const { localPort = 0 } = socket
      if (!socket.destroyed) await once(socket, 'close')
      return localPort
    }
    const kindsOf = (heard: Heard, local: number): readonly string[] => {
      const begun = heard.events.find((e) => e.kind === 'connecting' && e.local.port === local)
      return begun === undefined ? [] : heard.kinds(begun.cookie)
    }
    const isOver = (heard: Heard, local: number) => () =>
      ['closed', 'released'].every((kind) => kindsOf(heard, local).includes(kind))
    const [one, two] = [await hear(), await hear()]
    try {
      const first = await visit()
      for (const heard of [one, two]) {
        await waitFor(isOver(heard, first), { what: 'the end', deadlineMs: 20_000 })
      }
      expect(kindsOf(one, first)).toEqual(kindsOf(two, first))
      await one.source.stop()
      const second = await visit()
      await waitFor(isOver(two, second), { what: 'the second end', deadlineMs: 20_000 })
      expect(kindsOf(one, second)).toEqual([])
    } finally {
      await Promise.all([one.source.stop(), two.source.stop()])
      server.close()
    }
  })

  it('can be stopped before it was started', async () => {
    const source = openOwnSource(await realNative())
    const held = heldBy('self')
    await source.stop()
    source.start({ wake: () => undefined, fail: () => undefined })
    await waitFor(() => stillThere(held).length === 0, { what: 'nothing left', deadlineMs: 10_000 })
  })

  it.skipIf(python === null)('counts what a full ring has no room for, and goes on', async () => {
    const source = openOwnSource(await realNative())
    try {
      let taken = 0
      const take = (): void => {
        taken += 1
      }
      const made = FITS + 5_000
      makeSockets(made)
      const lost = source.drain(take)
      expect(taken).toBeGreaterThanOrEqual(FITS - 1)
      expect(taken).toBeLessThanOrEqual(FITS)
      expect(lost + taken).toBeGreaterThanOrEqual(made)
      taken = 0
      makeSockets(100)
      expect(source.drain(take)).toBe(0)
      expect(taken).toBeGreaterThanOrEqual(100)
    } finally {
      await source.stop()
    }
  })

  it.skipIf(python === null)('keeps its memory valid while anything of it is held', async () => {
    setFlagsFromString('--expose_gc')
    const collect = runInNewContext('gc') as () => void
    const source = openOwnSource(await realNative())
    let kept: Uint32Array | null = null
    let taken = 0
    for (let round = 0; round < 20; round += 1) {
      makeSockets(10)
      collect()
      source.drain((words) => {
        kept = words
        taken += 1
      })
    }
    expect(taken).toBeGreaterThanOrEqual(200)
    await source.stop()
    collect()
    const words = kept as Uint32Array | null
    expect(words?.length).toBe((2 * RING_BYTES) / 4)
    expect(words?.every((word) => word === 0)).toBe(true)
  })

  describe('in another process', () => {
    let built: Built
    beforeAll(() => {
      built = build()
    })
    afterAll(() => built.remove())

    it('ends with that process, however it ends', async () => {
      const child = await startBpfChild(built)
      expect(child.told).toEqual({ variant: 'full' })
      const held = heldBy(child.process.pid ?? 0)
      expect(held).toHaveLength(19)
      child.process.kill('SIGKILL')
      await child.exited
      await waitFor(() => stillThere(held).length === 0, {
        what: () => JSON.stringify(stillThere(held)),
        deadlineMs: 10_000,
      })
    })

    it('does not keep that process from exiting', async () => {
      const child = await startBpfChild(built, [], 'exit')
      expect(child.told).toEqual({ variant: 'full' })
      const began = performance.now()
      child.process.stdin.end()
      await child.exited
      expect(child.process.exitCode).toBe(0)
      expect(performance.now() - began).toBeLessThan(20_000)
    })
  })
})
