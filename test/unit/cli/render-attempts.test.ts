/** Attempts, datagrams and exact coverage, as people read them. */
import { describe, expect, it } from 'vitest'
import { renderCoverage } from '../../../cli/render/coverage.ts'
import { renderFindingDetail } from '../../../cli/render/finding-detail.ts'
import { renderFindingList } from '../../../cli/render/finding-list.ts'
import { renderReport } from '../../../cli/render/report.ts'
import { createStyle } from '../../../cli/render/style.ts'
import { reportSchema } from '../../../shared/contract/report.ts'
import { destination, finding, minutesAgo, NOW, nowMs, report, server } from './sample.ts'

const PLAIN = { style: createStyle(false), columns: null }
const reported = (changes: Parameters<typeof destination>[0]): string => {
  const answer = report({ servers: [server({ destinations: [destination(changes)] })] })
  expect(reportSchema.safeParse(answer).error).toBeUndefined()
  return renderReport(answer, PLAIN)
}

describe('a destination', () => {
  it('that was only attempted says so, with how each try ended', () => {
    const outcomes = { refused: 3, 'timed-out': 1, 'no-route': 2, abandoned: 1 } as const
    const text = reported({ attempted: true, outcomes, connections: 7 })
    expect(text).toContain(
      'attempted, nothing reached: 3 refused, 1 timed out, 1 given up, 2 without a route',
    )
  })

  it('that was reached says how many tries were not', () => {
    const text = reported({ outcomes: { established: 1, refused: 2 } })
    expect(text).toContain(' · 2 refused · ')
    expect(text).not.toContain('attempted')
  })

  it.each([
    [{ sent: 2048, received: 10 }, '2.0 KiB out, 10 B in'],
    [{ sent: 2048, received: null }, ' · 2.0 KiB out · '],
    [{ sent: null, received: 10 }, ' · 10 B in · '],
  ])('shows the bytes that were counted: %j', (bytes, shown) => {
    expect(reported({ bytes })).toContain(shown)
  })
})

describe('a finding', () => {
  const { id, name, client, source, scope, package: what, ...rest } = server()
  const { expectation, expectationSource } = rest
  const detailOf = (changes: Parameters<typeof finding>[0]): string =>
    renderFindingDetail(
      {
        schemaVersion: 1,
        finding: finding(changes),
        server: { id, name, client, source, scope, package: what, expectation, expectationSource },
        connections: [],
        truncated: false,
      },
      PLAIN,
    )

  it('of an attempt is marked, and does not send anybody to change keys', () => {
    const answer = { schemaVersion: 1, from: minutesAgo(60), to: NOW } as const
    const findings = [finding({ attempted: true })]
    expect(renderFindingList({ ...answer, findings }, PLAIN, nowMs)).toContain(
      'local-only-egress, attempted',
    )
    expect(renderReport(report({ findings }), PLAIN)).toContain(
      'connected elsewhere (attempted only)',
    )
    expect(detailOf({ attempted: true })).toContain('nothing was reached')
    expect(detailOf({ attempted: true })).not.toContain('Change the keys')
    expect(detailOf({})).toContain('Change the keys')
  })

  it('of a raw socket says what takes the right to make one', () => {
    const text = detailOf({ kind: 'raw-socket', destination: null })
    expect(text).toContain('CAP_NET_RAW')
    expect(text).toContain('mcp-watch mute memory raw-socket')
  })
})

describe('coverage by the engine that is told of all', () => {
  const { coverage, servers, from, to } = report()
  const exact = { name: 'bpf', from, to, intervalMs: null, expectedRecall: 1 }
  const told = (engines: (typeof coverage)['engines'], expectedRecall: number): string => {
    const watched = { quietMs: 10, activeMs: 10, expectedRecall, servers: [] }
    const view = { coverage: { ...coverage, engines, watched }, servers, window: { from, to } }
    return renderCoverage(view, PLAIN.style, null)
  }

  it('says that every connection is told, and of no chance to see one', () => {
    const text = told([exact], 1)
    expect(text).toContain('With bpf, told by the kernel of every connection that a server makes')
    expect(text).not.toContain('certain to be seen')
  })

  it('tells of chances where another engine looked too, or not all was seen', () => {
    const other = { ...exact, name: 'sock-diag', expectedRecall: 0.98 }
    expect(told([exact, other], 1)).toContain('certain to be seen')
    expect(told([exact], 0.9)).toContain('90 % were certain to be seen')
  })
})
