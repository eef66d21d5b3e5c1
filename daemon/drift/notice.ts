/** Which entries are no longer as they are known, and whether that is news. Pure but for the one question to the disk. */
import type { KnownEntry, Moment, Print } from '../../shared/model/drift.ts'
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { Server } from '../../shared/model/server.ts'
import type { DriftInput, DriftPorts, DriftState, Pending } from './state.ts'

/** A look is a second old, one for files of unknown clients ten seconds; clocks of file servers differ a little too. */
const LOOK_AGE_MS = 12_000

export interface Noticed {
  readonly pending: ReadonlyMap<ServerId, Pending>
  /** What is taken for granted as it is: our way of reading changed, or the file was not looked at before. */
  readonly adopted: readonly KnownEntry[]
}

/**
 * New to us is not new. In a file that was read at the last look everything counts; in any other only what was written
 * after that look, by the inode's change time, which nobody can set: a project that a client begins to work in, or a
 * file that this version is the first to read, was as it is all along; and a file that a client was told of comes and
 * goes with that client. What is not looked at any more stays as it was.
 */
export function notice(state: DriftState, input: DriftInput, ports: DriftPorts): Noticed {
  const files = new Set(input.files)
  const lookedAt = state.lookedAt ?? input.at
  const isWritten = (file: string): boolean =>
    state.files.has(file) ||
    (!input.named.has(file) && (input.changedAt.get(file) ?? 0) >= lookedAt - LOOK_AGE_MS)
  const isGone = remembered((file) => !ports.exists(file))
  const pending = new Map<ServerId, Pending>()
  const adopted: KnownEntry[] = []
  /** What was told to be gone. */
  const isBack = (entry: KnownEntry | null): boolean =>
    entry?.present === false && !input.named.has(entry.source)
  const momentOf = (file: string): Moment => within(lookedAt, input.at, input.changedAt.get(file))

  const current = new Set<ServerId>()
  for (const server of input.servers) {
    current.add(server.id)
    const entry = state.known.get(server.id) ?? null
    const before = state.pending.get(server.id)
    const print = ports.printOf(server, before?.now?.print ?? entry?.print ?? null)
    if (entry?.present === true && isSame(entry.print, print)) continue
    if (before !== undefined) pending.set(server.id, { ...before, now: { server, print } })
    else if (isWritten(server.source) || isSwitched(entry, print) || isBack(entry))
      pending.set(server.id, {
        ...momentOf(server.source),
        noticed: input.at,
        now: { server, print },
      })
    else adopted.push(adopt(server, print, entry, input.at))
  }
  for (const [id, entry] of state.known) {
    if (!entry.present || current.has(id)) continue
    const { source } = entry
    const before = state.pending.get(id)
    if (before !== undefined) pending.set(id, { ...before, now: null })
    else if (files.has(source) ? isWritten(source) : !input.named.has(source) && isGone(source))
      pending.set(id, { ...momentOf(source), noticed: input.at, now: null })
    else if (files.has(source) || input.named.has(source))
      adopted.push({ ...entry, present: false })
  }
  return { pending, adopted }
}

/** All there is, taken for granted. */
export function baseline(input: DriftInput, ports: DriftPorts): readonly KnownEntry[] {
  return input.servers.map((server) => adopt(server, ports.printOf(server, null), null, input.at))
}

function adopt(server: Server, print: Print, entry: KnownEntry | null, at: EpochMs): KnownEntry {
  const { id: serverId, name, client, source, scope } = server
  const { firstSeen, arrived } = entry ?? { firstSeen: at, arrived: null }
  return { serverId, name, client, source, scope, print, firstSeen, arrived, present: true }
}

function isSame(known: Print, print: Print): boolean {
  return known === print || (known.whole === print.whole && known.disabled === print.disabled)
}

/** A switch may be in another file than the entry. */
function isSwitched(entry: KnownEntry | null, print: Print): boolean {
  return entry?.present === true && entry.print.whole === print.whole
}

/** The file's last change, where that lies between the two looks. */
function within(since: EpochMs, at: EpochMs, changedAt: EpochMs | undefined): Moment {
  const from = Math.min(since, at)
  const isBetween = changedAt !== undefined && changedAt >= from && changedAt <= at
  return { since: from, at: isBetween ? changedAt : at }
}

function remembered(ask: (file: string) => boolean): (file: string) => boolean {
  const answers = new Map<string, boolean>()
  return (file) => {
    const known = answers.get(file) ?? ask(file)
    answers.set(file, known)
    return known
  }
}
