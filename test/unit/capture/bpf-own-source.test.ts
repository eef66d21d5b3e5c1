/** How records are handed over and how the programs end, with the kernel's part played. */
import { describe, expect, it } from 'vitest'
import { MAPS } from '../../../daemon/capture/bpf/program-table.ts'
import { RECORD_BYTES } from '../../../daemon/capture/exact/record-layout.ts'
import type { Bpf } from '../../../daemon/native/bpf.ts'
import { nativeFault } from '../../../daemon/native/native.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { NAMES, openWith, type Played, play } from './bpf-played.ts'

/** Writes records as the kernel does. */
function produce(played: Played, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const [at = 0] = played.produced
    played.data[at / 4] = RECORD_BYTES
    played.produced[0] = at + RECORD_BYTES + 8
  }
}

describe('the source', () => {
  it('is attached when all is loaded, the begin of sockets last', () => {
    const played = play()
    openWith(played)
    const first = played.done.findIndex((step) => step.startsWith('attach'))
    expect(played.done.slice(first).some((step) => step.startsWith('program'))).toBe(false)
    const attached = played.done.filter((step) => step.startsWith('attach'))
    expect(attached.slice(-2).every((step) => /connect[46]/.test(step))).toBe(true)
    // The folder is not kept.
    expect([...played.open.values()]).not.toContain('/cgroup')
  })

  it('hands over records and tells once how many were lost', async () => {
    const played = play()
    const source = openWith(played)
    let taken = 0
    const take = (): void => {
      taken += 1
    }
    produce(played, 3)
    played.count = 5
    expect([source.drain(take), taken]).toEqual([5, 3])
    expect([source.drain(take), taken]).toEqual([0, 3])
    produce(played, 1)
    played.count = 7
    expect([source.drain(take), taken]).toEqual([2, 4])
    await source.stop()
    produce(played, 1)
    expect([source.drain(take), taken]).toEqual([0, 4])
  })

  it('wakes its hearer when something came, not when a wait was in vain', async () => {
    const played = play()
    const source = openWith(played)
    let [woken, round] = [0, 0]
    source.start({
      wake: () => {
        woken += 1
      },
      fail: () => undefined,
    })
    const answers = [false, true, false, true]
    await waitFor(
      () => {
        if (round < answers.length) played.rouse(answers[round++] ?? false)
        return woken === 2
      },
      { what: 'two wakings', deadlineMs: 10_000 },
    )
    await source.stop()
  })

  it('fails once when waiting fails, and can still be stopped', async () => {
    const played = play()
    const bpf: Bpf = {
      ...played.bpf,
      openWait: (ring) => ({
        ...played.bpf.openWait(ring),
        wait: () => Promise.reject(nativeFault('poll', 'EBADF')),
      }),
    }
    const source = openWith({ ...played, bpf })
    const failures: unknown[] = []
    source.start({ wake: () => undefined, fail: (error) => failures.push(error) })
    await waitFor(() => failures.length > 0, { what: 'a failure', deadlineMs: 10_000 })
    await source.stop()
    expect(failures).toMatchObject([{ errno: 'EBADF' }])
    expect([...played.open.values()]).toEqual([])
  })

  it('closes all when it is stopped, links before what they run', async () => {
    const played = play()
    const order: string[] = []
    const bpf: Bpf = {
      ...played.bpf,
      close: (fd) => {
        order.push(played.open.get(fd)?.split(' ')[0] ?? '')
        played.bpf.close(fd)
      },
    }
    const source = openWith({ ...played, bpf })
    source.start({ wake: () => undefined, fail: () => undefined })
    order.length = 0
    await source.stop()
    await source.stop()
    expect([...played.open.values()]).toEqual([])
    expect(order).toEqual([
      ...NAMES.map(() => 'attach'),
      ...NAMES.map(() => 'program'),
      ...Object.keys(MAPS).map(() => 'map'),
    ])
  })
})
