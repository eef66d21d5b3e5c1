/** A report given by a daemon that runs: that nothing was written lately has another reason than that it is down. Pure. */
import type { Health } from '../../shared/contract/answers.ts'
import type { Report } from '../../shared/contract/report.ts'
import type { GapReason } from '../../shared/model/tick.ts'

const REASONS: Readonly<Record<Health['status'], GapReason>> = {
  ok: 'stalled',
  'not-storing': 'not-stored',
  'not-watching': 'failed-sample',
}

export function notDown(report: Report, status: Health['status']): Report {
  const { coverage, to } = report
  const gaps = coverage.gaps.map((gap) =>
    gap.reason === 'daemon-down' && gap.to === to ? { ...gap, reason: REASONS[status] } : gap,
  )
  return { ...report, coverage: { ...coverage, gaps } }
}
