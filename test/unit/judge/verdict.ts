/** What is thought of the first connection that is open. */
import { judge } from '../../../daemon/judge/judge.ts'
import { fresh, inputFor } from './build.ts'

export const INTERNET = '203.0.113.9:443'
export const verdictOf = (...args: Parameters<typeof inputFor>) => {
  const { open, findings } = judge(fresh, inputFor(...args))
  const { verdict, reason, trafficClass, relayed } = open[0] ?? {}
  return { verdict, reason, trafficClass, relayed, findings: findings.length }
}
