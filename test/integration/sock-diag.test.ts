/** The kernel's own lists of sockets, beside what is known of real ones and what `ss` says of them. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { findTool } from '../../daemon/capture/run-tool.ts'
import type { DiagRow } from '../../daemon/capture/sock-diag/diag-row.ts'
import { parseSs } from '../../daemon/capture/ss/parse.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { expectedOf, startChild, textOf } from './capture-helpers.ts'
import {
  asNobody,
  connectedPair,
  endsOf,
  inodesOf,
  loaded,
  openDiag,
  openEvents,
  rowsOf,
} from './sock-diag-lists.ts'

const isRoot = process.geteuid?.() === 0

describe.skipIf(!loaded.ok)('the list of sockets', () => {
  it('has every kind of socket of a process, with inode, user and a cookie that stays', async () => {
    const diag = openDiag()
    const child = await startChild()
    try {
      const inodes = inodesOf(child.pid)
      const rowsNow = (): readonly DiagRow[] => {
        const { rows, complete, skipped } = diag.dump()
        expect({ complete, skipped }).toEqual({ complete: true, skipped: 0 })
        return rows.filter(({ inode }) => inode !== null && inodes.has(inode))
      }
      const rows = rowsNow()
      const texts = rows.map((row) => textOf({ ...row, cgroup: null, holders: [] }))
      expect(texts).toEqual(expect.arrayContaining(expectedOf(child.report)))
      expect(new Set(rows.map(({ uid }) => uid))).toEqual(new Set([process.geteuid?.()]))
      const cookies = (list: readonly DiagRow[]): string[] =>
        list.map(({ cookie }) => cookie).sort()
      expect(cookies(rowsNow())).toEqual(cookies(rows))
      expect(new Set(cookies(rows)).size).toBe(rows.length)
    } finally {
      await child.end()
    }
  })

  it.skipIf(!isRoot)(
    'is the same for a user without privilege (needs root to become one)',
    async () => {
      const child = await startChild()
      const diag = openDiag()
      const theirs = asNobody(() => {
        const plain = openDiag()
        return plain.dump({ bytes: true })
      })
      const inodes = inodesOf(child.pid)
      const ours = diag.dump({ bytes: true })
      await child.end()
      const held = ({ inode }: DiagRow): boolean => inode !== null && inodes.has(inode)
      expect(theirs.complete).toBe(true)
      expect(theirs.rows.filter(held)).toEqual(ours.rows.filter(held))
      expect(theirs.rows.filter(held).length).toBeGreaterThanOrEqual(
        expectedOf(child.report).length,
      )
    },
  )

  it.skipIf(findTool('ss') === null)('says what ss says (needs ss)', async () => {
    const diag = openDiag()
    const child = await startChild()
    try {
      const inodes = inodesOf(child.pid)
      const held = ({ inode }: { inode: number | null }): boolean =>
        inode !== null && inodes.has(inode)
      // All sockets of this machine, which may be thousands that have just been closed: more than the usual 1 MiB.
      const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
      const text = execFileSync(findTool('ss') ?? '', ['-tunaeHO'], options)
      const bySs = byCookie(parseSs(text).rows.filter(held))
      expect(byCookie(diag.dump().rows.filter(held))).toEqual(bySs)
      expect(bySs.length).toBeGreaterThanOrEqual(expectedOf(child.report).length)
    } finally {
      await child.end()
    }
  })

  it('passes over the sockets that are known', () => {
    const diag = openDiag()
    const all = diag.dump()
    const half = new Set(all.rows.filter((_row, i) => i % 2 === 0).map(({ cookie }) => cookie))
    const text = (low: number, high: number): string =>
      (BigInt(high) * 2n ** 32n + BigInt(low)).toString(16)
    const rest = diag.dump({ isKnown: (low, high) => half.has(text(low, high)) })
    expect(rest.rows.some(({ cookie }) => half.has(cookie))).toBe(false)
    const nothing = diag.dump({ isKnown: () => true })
    expect(nothing.rows).toEqual([])
    expect(nothing.known).toBeGreaterThan(0)
  })

  it('leaves out the states that were not asked for', async () => {
    const diag = openDiag()
    const pair = await connectedPair()
    const LISTEN = 10
    const { rows, complete } = diag.dump({ states: { tcp: 1 << LISTEN, udp: 0 } })
    await pair.end()
    expect(complete).toBe(true)
    expect(new Set(rows.map(({ protocol, state }) => `${protocol} ${state}`))).toEqual(
      new Set(['tcp listen']),
    )
  })
})

/** What both tell; the control group has a path with one and a number with the other. */
function byCookie(rows: readonly (DiagRow | SocketRow)[]): readonly object[] {
  return rows
    .map(({ protocol, state, local, remote, inode, uid, cookie }) => {
      return { protocol, state, local, remote, inode, uid, cookie: cookie ?? '' }
    })
    .toSorted((a, b) => a.cookie.localeCompare(b.cookie))
}

describe.skipIf(!loaded.ok)('byte counts', () => {
  it('are those of the payload, each way, while it lives and at its end', async () => {
    const [up, down] = [300_000, 50_000]
    const diag = openDiag()
    const events = openEvents()
    const pair = await connectedPair()
    pair.client.write(Buffer.alloc(up))
    pair.accepted.write(Buffer.alloc(down))
    const [client, server] = rowsOf(diag, pair)
    const arrived = (): boolean =>
      diag.info(client)?.bytes?.received === down && diag.info(server)?.bytes?.received === up
    await waitFor(arrived, { what: 'all bytes', deadlineMs: 20_000 })
    expect(diag.info(client)?.bytes).toEqual({ sent: up, received: down })
    expect(rowsOf(diag, pair)[1].bytes).toEqual({ sent: down, received: up })
    pair.client.end()
    await once(pair.client, 'close')
    await pair.end()
    const ends = await endsOf(events, [client.cookie, server.cookie])
    // Whose FIN came last is not told, so one byte more may have been counted.
    expect([up, up + 1]).toContain(ends.get(server.cookie)?.bytes?.received)
    expect(ends.get(server.cookie)?.bytes?.sent).toBe(down)
    expect(diag.info(server)).toBeNull()
  })
})
