/** Judges all connections of a tick: verdicts, what changed, and the findings that follow. Pure. */
import type { Connection } from '../../shared/model/connection.ts'
import type { ConnectionId, InstanceId } from '../../shared/model/ids.ts'
import type { JudgedConnection } from '../../shared/model/judgement.ts'
import { countExposed } from './exposed.ts'
import { type FindingFold, foldFindings } from './findings.ts'
import { foldHistories, type HistoryFold } from './history.ts'
import { isJudgedAlike } from './names.ts'
import { countOrphans } from './orphan.ts'
import { staysHere } from './scopes.ts'
import type { JudgeInput, JudgeOutput, JudgeState } from './state.ts'
import { expectationFor, type Subject, subjectOf } from './subject.ts'
import { countUnconfigured } from './unconfigured.ts'
import { judgeConnection } from './verdict.ts'

export type { JudgeInput, JudgeOutput, JudgeState } from './state.ts'
export { initialJudgement } from './state.ts'

/** One that closed before its registry or the expected hosts' addresses were known waits this long for a judgement. */
const WAIT_MS = 5 * 60_000
const MAX_WAITING = 200

type Judged = ReadonlyMap<ConnectionId, JudgedConnection>

/** Every open connection is judged anew each tick: what it is judged by may have changed. */
export function judge(state: JudgeState, input: JudgeInput): JudgeOutput {
  const subjects = createSubjects(input)
  const look = (
    connection: Connection,
    before?: JudgedConnection,
  ): JudgedConnection | undefined => {
    const subject = subjects(connection.instance)
    return subject === null ? undefined : judgeConnection(connection, subject, before, input)
  }
  const open = judgeAll(input.open, state.judged, look)
  const closed = closedOf(input.closed, state.judged, look)
  const waited = judgeWaiting(state, input, look)
  const opened = new Set(input.opened.map(({ id }) => id))
  const touched = new Set(input.updated.map(({ id }) => id))
  const settled = [...waited.values()].filter((judged) => !isWaiting(judged))

  const fold = foldFindings(state.findings, input.records)
  const counted = countEgress(
    fold,
    state,
    input,
    [...open.values(), ...closed, ...settled],
    subjects,
  )
  const hidden = countHidden(fold, state, input, subjects)
  const exposed = countExposed(fold, state, input, subjects)
  countRaw(fold, input, subjects)
  const unconfigured = countUnconfigured(fold, state.unconfigured, input, state.findings, subjects)
  const news = [...open.values(), ...closed].filter(({ connection }) => opened.has(connection.id))
  const orphans = countOrphans(fold, state.orphans, input.instances, news, subjects)
  const histories = foldHistories(state.histories, input.at)
  meetAll(histories, state, input, [...open.values(), ...closed], subjects)
  for (const novelty of histories.novelties) fold.novel(novelty)
  const isUpdated = (judged: JudgedConnection): boolean => {
    const before = state.judged.get(judged.connection.id)
    return (
      touched.has(judged.connection.id) || before === undefined || !isJudgedAlike(before, judged)
    )
  }
  return {
    state: {
      judged: open,
      waiting: stillWaiting(waited, closed),
      findings: fold.all(),
      counted: stillOpen(counted, open),
      records: input.records,
      hidden,
      exposed,
      unconfigured,
      orphans,
      histories: histories.histories(),
    },
    open: [...open.values()],
    // One that came and went between two looks is opened and closed at once.
    opened: news,
    updated: [
      ...[...open.values()].filter((j) => !opened.has(j.connection.id) && isUpdated(j)),
      ...settled,
    ],
    closed,
    findings: fold.changed(),
    learned: histories.learned,
  }
}

type Look = (connection: Connection, before?: JudgedConnection) => JudgedConnection | undefined
export type Subjects = (instance: InstanceId) => Subject | null

function createSubjects({ instances, records }: JudgeInput): Subjects {
  const known = new Map<InstanceId, Subject>()
  return (id) => {
    const instance = instances.get(id)
    if (instance === undefined) return null
    const subject = known.get(id) ?? subjectOf(instance, records)
    known.set(id, subject)
    return subject
  }
}

function judgeAll(connections: readonly Connection[], known: Judged, look: Look): Judged {
  const judged = new Map<ConnectionId, JudgedConnection>()
  for (const connection of connections) {
    const now = look(connection, known.get(connection.id))
    if (now !== undefined) judged.set(connection.id, now)
  }
  return judged
}

/** A closed connection keeps its last judgement: who listened there, or ran, may be gone with it. */
function closedOf(
  connections: readonly Connection[],
  known: Judged,
  look: Look,
): readonly JudgedConnection[] {
  return connections.flatMap((connection) => {
    const before = known.get(connection.id)
    return before === undefined ? (look(connection) ?? []) : { ...before, connection }
  })
}

function judgeWaiting(state: JudgeState, input: JudgeInput, look: Look): Judged {
  const waited = new Map<ConnectionId, JudgedConnection>()
  for (const [id, before] of state.waiting) {
    if (input.at - (before.connection.closedAt ?? 0) > WAIT_MS) continue
    const now = look(before.connection, before)
    if (now !== undefined) waited.set(id, now)
  }
  return waited
}

function isWaiting({ reason }: JudgedConnection): boolean {
  return reason === 'registry-not-known' || reason === 'name-not-known'
}

function stillWaiting(waited: Judged, closed: readonly JudgedConnection[]): Judged {
  const waiting = [...waited.values(), ...closed].filter(isWaiting)
  return new Map(waiting.slice(-MAX_WAITING).map((judged) => [judged.connection.id, judged]))
}

/** Tells the fold of all that is unexpected; returns the connections it has counted. */
function countEgress(
  fold: FindingFold,
  state: JudgeState,
  input: JudgeInput,
  connections: readonly JudgedConnection[],
  subjects: Subjects,
): ReadonlySet<ConnectionId> {
  const counted = new Set(state.counted)
  for (const judged of connections) {
    const { connection, verdict } = judged
    const subject = subjects(connection.instance)
    if (verdict !== 'unexpected') continue
    if (subject === null) fold.over(judged)
    if (subject === null) continue
    const isNew = !counted.has(connection.id)
    if (!isNew && isNoNews(judged, state, input)) continue
    counted.add(connection.id)
    // A connection that merely goes on is not news, or a finding would be written every second.
    const isOver = connection.closedAt !== null
    const sight = isNew || isOver ? judged : withoutLastSeen(judged)
    fold.egress(sight, subject, expectationFor(subject, connection), isNew)
  }
  return counted
}

/** It goes on, and all that its finding is made of is as it was when that was written. */
function isNoNews(judged: JudgedConnection, state: JudgeState, input: JudgeInput): boolean {
  const { connection } = judged
  const before = state.judged.get(connection.id)
  return (
    before !== undefined &&
    connection.closedAt === null &&
    state.records === input.records &&
    connection.owner?.role === before.connection.owner?.role &&
    connection.outcome === before.connection.outcome &&
    isJudgedAlike(before, judged)
  )
}

function stillOpen(counted: ReadonlySet<ConnectionId>, open: Judged): ReadonlySet<ConnectionId> {
  for (const id of counted)
    if (!open.has(id)) return new Set([...counted].filter((each) => open.has(each)))
  return counted
}

function withoutLastSeen(judged: JudgedConnection): JudgedConnection {
  const { connection } = judged
  return { ...judged, connection: { ...connection, lastSeen: connection.firstSeen } }
}

/** Every running server's history, and what its connections add to it. */
function meetAll(
  histories: HistoryFold,
  state: JudgeState,
  input: JudgeInput,
  connections: readonly JudgedConnection[],
  subjects: Subjects,
): void {
  for (const { judged, serverIds } of input.instances.values())
    if (judged) for (const id of serverIds) histories.begin(id)
  for (const judged of connections) {
    const before = state.judged.get(judged.connection.id)
    const subject = subjects(judged.connection.instance)
    if (subject === null || before?.names === judged.names) continue
    histories.meet(judged, subject, before === undefined)
  }
}

/** Each was made once and is told once, so none is remembered. */
function countRaw(fold: FindingFold, input: JudgeInput, subjects: Subjects): void {
  for (const seen of input.rawSockets) {
    const subject = subjects(seen.instance)
    if (subject?.instance.judged === true) fold.raw(seen, subject)
  }
}

function countHidden(
  fold: FindingFold,
  state: JudgeState,
  input: JudgeInput,
  subjects: Subjects,
): ReadonlySet<InstanceId> {
  const counted = new Set([...state.hidden].filter((id) => input.instances.has(id)))
  for (const id of input.unreadable) {
    const subject = subjects(id)
    if (subject === null || counted.has(id)) continue
    if (!subject.instance.judged || !staysHere(subject.expectation)) continue
    counted.add(id)
    fold.hidden(subject, input.at)
  }
  return counted
}
