/** What is remembered of one configuration file from look to look: its last good reading stands until a better one. */
import type { Candidate } from './candidate.ts'
import type { Problem } from './document.ts'
import { lookAt, readText } from './file-look.ts'
import { type Config, parseConfig, readConfig, type Setting } from './read-config.ts'

/** A file that fails is given this long to be finished by whoever is writing it. */
export const GRACE_MS = 1000
/** The kernel stamps files by a coarse clock: a second write this soon after can leave the stamp as it was. */
const STAMP_DOUBT_MS = 100
/**
 * After a read, a file is left alone for so many times as long as that took: whoever writes a huge one again and again
 * must not keep us from watching. Up to 50 ms, some 5 MB, this is less than the second between two looks.
 */
const REST_FACTOR = 20

export interface TrackedFile {
  readonly candidate: Candidate
  /** Null: has to be read again whatever the next look says. */
  readonly signature: string | null
  /** When it changed last before it was read, in ms since the epoch; null while it was not. */
  readonly changedAt: number | null
  /** The last good reading. */
  readonly config: Config | null
  /** Why it cannot be read now; null too while the failure may pass. */
  readonly problem: Problem | null
  /** When the pending failure was seen first (monotonic), null if there is none. */
  readonly failingSince: number | null
  /** Not read again before (monotonic). */
  readonly restUntil: number
  /** It was gone at the last look; some programs replace a file by removing it first. */
  readonly missing: boolean
}

export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
  /** Since then. */
  readonly elapsedMs: () => number
}

/** The file as it is now, or null if it is not there (and was not at the look before). */
export function lookAgain(
  candidate: Candidate,
  before: TrackedFile | null,
  now: Moment,
  setting: Setting,
): TrackedFile | null {
  const look = lookAt(candidate.path)
  const config = before?.config ?? null
  switch (look.kind) {
    case 'absent':
      return before === null || before.missing
        ? null
        : { ...before, missing: true, signature: null }
    case 'refused': {
      if (before?.problem?.message === look.message && !before.missing) return before
      const problem = { position: null, message: look.message }
      return { ...fresh(candidate), config, problem }
    }
    case 'file': {
      if (before?.signature === look.signature) return before
      if (before !== null && now.monotonicMs < before.restUntil) return before
      const age = Math.abs(now.wallMs - look.changedAt)
      const signature = age < STAMP_DOUBT_MS ? null : look.signature
      const started = now.elapsedMs()
      const result = read(candidate, setting)
      const ended = now.elapsedMs()
      const restUntil = now.monotonicMs + ended + REST_FACTOR * (ended - started)
      const { changedAt } = look
      const done = { ...fresh(candidate), signature, changedAt, restUntil }
      if ('config' in result) return { ...done, config: result.config }
      const failingSince = before?.failingSince ?? now.monotonicMs
      // Unchanged for a second already: a second read could not say anything else.
      const certain = age >= GRACE_MS || now.monotonicMs - failingSince >= GRACE_MS
      return certain
        ? { ...done, config, problem: result.problem }
        : { ...fresh(candidate), config, problem: before?.problem ?? null, failingSince }
    }
  }
}

function fresh(candidate: Candidate): TrackedFile {
  return {
    candidate,
    signature: null,
    changedAt: null,
    config: null,
    problem: null,
    failingSince: null,
    restUntil: 0,
    missing: false,
  }
}

function read(candidate: Candidate, setting: Setting): { config: Config } | { problem: Problem } {
  const text = readText(candidate.path)
  if (!text.ok) return { problem: { position: null, message: text.message } }
  if (text.text.includes('\0')) return { problem: { position: null, message: 'not a text file' } }
  const parsed = parseConfig(text.text, candidate)
  if (!parsed.ok) return { problem: parsed.problem }
  return { config: readConfig(parsed.document, candidate, setting) }
}
