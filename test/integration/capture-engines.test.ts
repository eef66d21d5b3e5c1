import { afterEach, describe, expect, it } from 'vitest'
import { findTool } from '../../daemon/capture/run-tool.ts'
import {
  expectedOf,
  privateNetwork,
  rowsOf,
  type SocketChild,
  sampleUntil,
  startChild,
  textOf,
  watch,
} from './capture-helpers.ts'

const ENGINES = ['ss', 'lsof'] as const
const missing = ENGINES.some((name) => findTool(name) === null)
const network = privateNetwork()
const isRoot = process.geteuid?.() === 0

const children: SocketChild[] = []
async function start(...args: Parameters<typeof startChild>): Promise<SocketChild> {
  const child = await startChild(...args)
  children.push(child)
  return child
}
afterEach(async () => {
  await Promise.all(children.splice(0).map(async (child) => await child.end()))
})

describe.skipIf(missing || process.platform !== 'linux')(
  'real ss and lsof (needs both, on Linux)',
  () => {
    it('list every kind of socket of a process, and agree to the last row', async () => {
      const child = await start()
      const wanted = expectedOf(child.report)
      const seen = await Promise.all(
        ENGINES.map(async (name) => {
          const batch = await sampleUntil(name, [watch(child.pid)], (each) => {
            const rows = rowsOf(each, child.pid).join('\n')
            return wanted.every((row) => rows.includes(row))
          })
          expect(batch.snapshots[0]?.complete).toBe(true)
          expect(batch.unreadable).toEqual([])
          return rowsOf(batch, child.pid)
        }),
      )
      expect(seen[0]).toEqual(seen[1])
    })

    it.each(ENGINES)('%s shows both holders of a socket that was passed on', async (name) => {
      const child = await start(['127.0.0.1', 'share'])
      const heir = child.report.child
      if (heir === null) throw new Error('the child has no child')
      const batch = await sampleUntil(name, [watch(child.pid), watch(heir)], (each) =>
        rowsOf(each, heir).some((row) => row.includes(' established ')),
      )
      const [row, ...others] = batch.snapshots
        .flatMap(({ rows }) => rows)
        .filter(({ holders }) => holders.length === 2)
      expect(others).toEqual([])
      expect(row?.local.port).toBe(child.report.clients[0])
      expect(row?.holders.map(({ pid }) => pid).toSorted((a, b) => a - b)).toEqual(
        [child.pid, heir].toSorted((a, b) => a - b),
      )
    })

    it.skipIf(network === null).each(ENGINES)(
      '%s sees a process in a network of its own (needs unshare and ip)',
      async (name) => {
        const child = await start(['203.0.113.10'], network ?? undefined)
        const inside = watch(child.pid)
        const outside = await start()
        const both = [inside, watch(outside.pid)]
        const wanted = expectedOf(child.report)
        const batch = await sampleUntil(name, both, (each) => {
          const rows = rowsOf(each, child.pid).join('\n')
          return wanted.every((row) => rows.includes(row)) && rowsOf(each, outside.pid).length > 0
        })
        expect(batch.snapshots.map(({ netns }) => netns)).toEqual([both[1]?.netns, inside.netns])
        const apart = batch.snapshots[1]?.rows ?? []
        expect(apart.length).toBeGreaterThanOrEqual(wanted.length)
        expect(apart.map(textOf).some((row) => row.includes(` ${outside.report.v4}`))).toBe(false)
      },
    )

    it.skipIf(isRoot).each(ENGINES)(
      '%s says which process it may not look into (needs a plain user)',
      async (name) => {
        const init = { ...watch(process.pid), pid: 1 }
        const batch = await sampleUntil(name, [init], () => true)
        expect(batch.unreadable).toEqual([init.key])
      },
    )
  },
)
