/** What was made and what is on record, one by one. Pure. */

/** One attempt, as the workload tells of it. */
export interface One {
  readonly server: string
  readonly protocol: string
  readonly address: string
  readonly port: number
  readonly pid: number
  /** Right before the call, in ms of the wall clock. */
  readonly at: number
  /** 0, or an errno. Null: this machine has no such thing. */
  readonly answer: number | null
}

/** One connection on record. */
export interface Row {
  readonly server: string
  readonly protocol: string
  readonly address: string
  readonly port: number
  readonly pid: number | null
  readonly executable: string | null
  readonly outcome: string
  readonly direction: string
  readonly sent: number | null
  readonly received: number | null
  readonly closedAt: number | null
}

export function parseOne(line: string): readonly One[] {
  const [word, server = '', protocol = '', address = '', port, pid, wallNs, answer] =
    line.split(' ')
  if (word !== 'one') return []
  const at = Number(BigInt(wallNs ?? 0) / 1_000n) / 1_000
  const said = Number(answer)
  const known = { server, protocol, address, port: Number(port), pid: Number(pid), at }
  return [{ ...known, answer: said === -1 ? null : said }]
}

export interface Tally {
  readonly made: number
  /** With the right server and the right process. */
  readonly seen: number
  readonly isMissingHere: boolean
  /** Recorded for the right server, but not once and of the right process. */
  readonly missing: readonly One[]
  readonly otherPid: number
  readonly twice: number
  readonly noExecutable: number
  readonly outcomes: ReadonlyMap<string, number>
}

/** `rows` of any servers. */
export function tallyOf(ones: readonly One[], rows: readonly Row[], executable?: RegExp): Tally {
  const isMissingHere = ones.length > 0 && ones.every(({ answer }) => answer === null)
  const byPlace = new Map<string, Row[]>()
  for (const row of rows) {
    const place = placeOf(row)
    byPlace.set(place, [...(byPlace.get(place) ?? []), row])
  }
  const outcomes = new Map<string, number>()
  const missing: One[] = []
  let [seen, otherPid, twice, noExecutable] = [0, 0, 0, 0]
  for (const one of ones) {
    const found = byPlace.get(placeOf(one)) ?? []
    const right = found.find(({ pid }) => pid === one.pid)
    if (found.length > 1) twice += 1
    if (found.length > 0 && right === undefined) otherPid += 1
    if (found.length === 0) missing.push(one)
    if (right === undefined) continue
    seen += 1
    outcomes.set(right.outcome, (outcomes.get(right.outcome) ?? 0) + 1)
    const isNamed = right.executable !== null && (executable?.test(right.executable) ?? true)
    if (!isNamed) noExecutable += 1
  }
  return {
    made: ones.length,
    seen,
    isMissingHere,
    missing,
    otherPid,
    twice,
    noExecutable,
    outcomes,
  }
}

/** What is worth saying of it. */
export function tallyNote(tally: Tally): string {
  const { made, seen, missing, otherPid, twice, noExecutable, outcomes } = tally
  const words = [
    `${seen} of ${made}`,
    ...[...outcomes].map(([outcome, count]) => `${outcome} ${count}`),
    missing.length > 0 ? `not at all: ${missing.length}` : [],
    otherPid > 0 ? `of another process or none: ${otherPid}` : [],
    twice > 0 ? `more than once: ${twice}` : [],
    noExecutable > 0 ? `program not named: ${noExecutable}` : [],
  ]
  return words.flat().join(', ')
}

/** Every attempt that could be made was recorded for its server. */
export function isAllRecorded(ones: readonly One[], rows: readonly Row[]): boolean {
  const places = new Set(rows.map(placeOf))
  return ones.every((one) => one.answer === null || places.has(placeOf(one)))
}

function placeOf(of: Pick<One, 'server' | 'protocol' | 'address' | 'port'>): string {
  return [of.server, of.protocol, of.address, of.port].join(' ')
}
