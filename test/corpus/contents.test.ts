/** What the corpus is made of; and what may be in a case: no paths of the machine it was recorded on, no secrets, no hosts. */
import { describe, expect, it } from 'vitest'
import { caseFiles, parseCase } from './load.ts'

/** Where the paths of a case may begin, besides its home. */
const FOLDERS =
  'usr opt bin sbin lib lib64 etc var tmp dev proc run nix snap srv mnt Applications Library System private app workspace server system.slice user.slice'.split(
    ' ',
  )
const SECRETS = [
  /\b(?:sk|pk|rk)-[\w-]{16,}/,
  /\bgh[pousr]_\w{16,}/,
  /\bgithub_pat_\w+/,
  /\bglpat-[\w-]{10,}/,
  /\bxox[abposr]-[\w-]{8,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bAIza[\w-]{20,}/,
  /\beyJ[\w-]{10,}\.[\w-]{10,}/,
  /-----BEGIN [A-Z ]+-----/,
  /\bBearer [\w.-]{12,}/,
]
const HOSTS =
  /^(?:localhost|127(?:\.\d+){3}|\[::1\]|(?:.+\.)?example(?:\.\w+)?|.+\.(?:test|invalid)|github\.com)$/

/** Texts of a JSON value, keys included. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)])
}

function matchesIn(texts: readonly string[], pattern: RegExp): string[] {
  return texts.flatMap((text) => [...text.matchAll(pattern)].map((found) => found[1] ?? ''))
}

describe('the cases together', () => {
  const cases = caseFiles().map(parseCase)

  it('are many, and most of them recorded from real runs or hard to tell from a server', () => {
    expect(cases.length).toBeGreaterThanOrEqual(150)
    const recorded = cases.filter(({ origin }) => origin.kind === 'recorded')
    expect(recorded.length).toBeGreaterThanOrEqual(80)
    const decoys = cases.filter(({ difficulty }) => difficulty === 'decoy')
    expect(decoys.length * 3).toBeGreaterThanOrEqual(cases.length)
  })

  it('are at most three of a kind', () => {
    const cells = new Map<string, number>()
    for (const { launcher, client, difficulty } of cases) {
      const cell = `${launcher}, ${client}, ${difficulty}`
      cells.set(cell, (cells.get(cell) ?? 0) + 1)
    }
    expect([...cells].filter(([, count]) => count > 3)).toEqual([])
  })

  it('say what they miss for at most two in a hundred', () => {
    const missed = cases.filter((one) => one.missed !== undefined)
    expect(missed.length * 50).toBeLessThanOrEqual(cases.length)
  })
})

describe.each(caseFiles())('$kind/$id', ({ kind, text }) => {
  const value: unknown = JSON.parse(text)
  const texts = textsIn(value)

  it('says by its folder where it comes from', () => {
    expect(value).toMatchObject({ origin: { kind } })
  })

  it('has no paths of another machine', () => {
    const paths = matchesIn(texts, /(?<![\w.*}$\])~\\/:-])(\/[A-Za-z][\w.-]*(?:\/[\w.-]*)?)/g)
    const own = (path: string): boolean =>
      /^\/home\/ada$/.test(path) || FOLDERS.includes(path.split('/')[1] ?? '')
    expect(paths.filter((path) => !own(path))).toEqual([])
    expect(matchesIn(texts, /(\/home\/ada[\w-]+)/g)).toEqual([])
  })

  it('has no secrets', () => {
    for (const secret of SECRETS) expect(texts.filter((each) => secret.test(each))).toEqual([])
  })

  it('names no hosts of others', () => {
    const hosts = matchesIn(
      texts,
      /\b(?:https?|wss?|ssh):\/\/(?:[^@/\s"']*@)?(\[[\da-f:]+\]|[\w.-]+)/gi,
    )
    expect(hosts.filter((host) => !HOSTS.test(host))).toEqual([])
    const registries = matchesIn(
      texts,
      /\b((?:registry|pypi|files|index)\.[a-z-]+\.?(?:com|org|io)|pypi\.[a-z]+)\b/gi,
    )
    expect(registries).toEqual([])
  })
})
