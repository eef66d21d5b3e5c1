/** Plans: when which server makes which connection. Random, and the same in every run. */
import type { Attempt, Far } from './model.ts'

export const LIFETIMES_MS = [1, 10, 25, 50, 250, 1_000] as const

/** Numbers from 0 to 1 (mulberry32). */
export type Random = () => number

export function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function shuffled<T>(values: readonly T[], random: Random): readonly T[] {
  return values
    .map((value) => ({ value, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ value }) => value)
}

export function attempt(far: Far, rest: Partial<Attempt>): Attempt {
  const usual = { atMs: 0, kind: 'tcp', close: 'fin', lifetimeMs: 0, sends: 0, wants: 0 } as const
  return { ...usual, address: far.address, port: far.port, ...rest }
}

/** One after the other, each a random pause after the end of the one before. */
export function inSequence(
  attempts: readonly Attempt[],
  pauseMs: readonly [least: number, most: number],
  random: Random,
): readonly Attempt[] {
  let at = 0
  return attempts.map((each) => {
    const atMs = at + pauseMs[0] + random() * (pauseMs[1] - pauseMs[0])
    at = atMs + each.lifetimeMs
    return { ...each, atMs }
  })
}

export function repeated<T>(value: T, count: number): readonly T[] {
  return Array.from({ length: Math.round(count) }, () => value)
}

/** A line an attempt, as workload.c and node-server.ts read it. */
export function planText(attempts: readonly Attempt[]): string {
  const lines = attempts.map((each) => {
    const { kind, close, address, port, sends, wants } = each
    const at = Math.round(each.atMs * 1_000)
    return [at, kind, close, each.lifetimeMs * 1_000, address, port, sends, wants].join(' ')
  })
  return `${lines.join('\n')}\n`
}

/** How long a plan takes. */
export function planMs(attempts: readonly Attempt[]): number {
  return Math.max(0, ...attempts.map(({ atMs, lifetimeMs }) => atMs + lifetimeMs))
}
