/** What a machine is made of: small numbers, so that a failing one shrinks to what matters. */
import fc from 'fast-check'
import { SIGNS } from './clients.ts'
import { type Making, making } from './entries.ts'
import { NOISE } from './noise.ts'
import { BY_CLIENT } from './wrappers.ts'

/** What becomes of a copy before the second look. */
export const FATES = ['stays', 'launcher ends', 'number is reused', 'client ends'] as const
/** `left over`: its launcher had ended before anybody looked. */
export const RUNNERS = ['hand', 'tool', 'client', 'another user', 'left over'] as const
export const PLACES = ['terminal', 'client', 'server', 'init'] as const

export interface PlannedEntry {
  readonly made: Making
  readonly client: number
  /** The same entry is in another client's file, too. */
  readonly alsoIn: number | null
  /** Another entry beside it, that differs in only this. */
  readonly twin: 'arguments' | 'program' | null
}

export interface PlannedStart {
  readonly entry: number
  /** Which of the running copies of its client. */
  readonly client: number
  readonly installing: boolean
  readonly session: boolean
  readonly stdio: 'pipe' | 'socket'
  /** What the server starts: that many programs below each other. */
  readonly depth: number
  readonly fate: (typeof FATES)[number]
  /** A client that the server runs, which starts this entry of its own. */
  readonly nested: number | null
}

export interface PlannedNoise {
  readonly kind: number
  readonly place: (typeof PLACES)[number]
  readonly at: number
  readonly entry: number
}

export interface Plan {
  /** What clients put in front of what they start; each does it always. */
  readonly helper: number
  readonly clients: readonly number[]
  readonly entries: readonly PlannedEntry[]
  readonly starts: readonly PlannedStart[]
  readonly noise: readonly PlannedNoise[]
  /** Entries that are run, and not by a client that is configured with them. */
  readonly runs: readonly { readonly entry: number; readonly by: (typeof RUNNERS)[number] }[]
}

const small = fc.nat(7)

function maybe<T>(arbitrary: fc.Arbitrary<T>, freq: number): fc.Arbitrary<T | null> {
  return fc.option(arbitrary, { freq })
}

/** `fc.option` gives null once in `freq + 1` times; here it is the other way round. */
function seldom<T>(arbitrary: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: times, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })
}

const entry: fc.Arbitrary<PlannedEntry> = fc.record({
  made: making,
  client: small,
  alsoIn: seldom(small, 4),
  twin: maybe(fc.constantFrom('arguments' as const, 'program' as const), 1),
})

const start: fc.Arbitrary<PlannedStart> = fc.record({
  entry: small,
  client: small,
  installing: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
  session: fc.boolean(),
  stdio: fc.constantFrom('pipe', 'socket'),
  depth: fc.oneof({ weight: 12, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.constant(40) }),
  fate: fc.constantFrom(...FATES, 'stays' as const, 'stays' as const),
  nested: seldom(small, 6),
})

const noise: fc.Arbitrary<PlannedNoise> = fc.record({
  kind: fc.nat(NOISE.length),
  place: fc.constantFrom(...PLACES),
  at: small,
  entry: small,
})

export const plan: fc.Arbitrary<Plan> = fc.record({
  helper: fc.nat(BY_CLIENT.length - 1),
  clients: fc.array(fc.nat(SIGNS.length - 1), { minLength: 1, maxLength: 3 }),
  entries: fc.array(entry, { minLength: 1, maxLength: 4 }),
  starts: fc.array(start, { maxLength: 5 }),
  noise: fc.array(noise, { maxLength: 6 }),
  runs: fc.array(fc.record({ entry: small, by: fc.constantFrom(...RUNNERS) }), {
    maxLength: 2,
  }),
})
