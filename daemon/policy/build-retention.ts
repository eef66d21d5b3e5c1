/** `retention` of the policy file, read. What is left out is as without a file. */
import ms, { type StringValue } from 'ms'
import type { PolicyFileJson } from '../../shared/contract/policy-file.ts'
import { DEFAULT_RETENTION, type RetentionSettings } from '../../shared/model/policy.ts'
import { parseSize } from '../../shared/text/size.ts'
import type { Tell } from './tell.ts'

const HOUR_MS = 3_600_000
const LONGEST_MS = 3_650 * 24 * HOUR_MS
const LEAST_BYTES = 20_000_000
const MOST_BYTES = 1_000_000_000_000

/** Sums are never kept for less time than what they are made of. */
export function buildRetention(json: PolicyFileJson['retention'], tell: Tell): RetentionSettings {
  const length = (key: 'connections' | 'hours' | 'days' | 'findings', usual: number): number => {
    const text = json?.[key]
    if (text === undefined) return usual
    const value = ms(text as StringValue)
    if (value >= HOUR_MS && value <= LONGEST_MS) return value
    const [message, advice] = [
      'shorter than an hour or longer than ten years',
      'write it like "30d"',
    ]
    tell(['retention', key], message, advice)
    return usual
  }
  const connectionsMs = length('connections', DEFAULT_RETENTION.connectionsMs)
  const hoursMs = Math.max(connectionsMs, length('hours', DEFAULT_RETENTION.hoursMs))
  const daysMs = Math.max(hoursMs, length('days', DEFAULT_RETENTION.daysMs))
  const findingsMs = length('findings', DEFAULT_RETENTION.findingsMs)
  return { connectionsMs, hoursMs, daysMs, findingsMs, maxBytes: sizeOf(json?.size, tell) }
}

function sizeOf(text: string | undefined, tell: Tell): number {
  if (text === undefined) return DEFAULT_RETENTION.maxBytes
  const bytes = parseSize(text)
  if (bytes >= LEAST_BYTES && bytes <= MOST_BYTES) return bytes
  tell(['retention', 'size'], 'smaller than 20 MB or larger than 1 TB', 'write it like "250MiB"')
  return DEFAULT_RETENTION.maxBytes
}
