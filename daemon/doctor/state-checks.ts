/** The checks of what is kept: folder, database, lock, log; and of the clock that dates it. Pure. */
import type { Check, Facts } from '../../shared/contract/doctor.ts'
import { blocked, count, note, ok, type Say, warning } from './say.ts'

type Areas = readonly (readonly [Check['area'], readonly Say[]])[]

const LOW_DISK_BYTES = 200 * 1024 * 1024
/** A wall clock before this program was written is wrong. */
const OLDEST = Date.UTC(2026, 0, 1)
const STEP_MS = 500

export function stateChecks(facts: Facts): Areas {
  return [
    ['state', folderChecks(facts)],
    ['database', databaseChecks(facts)],
    ['lock', lockChecks(facts)],
    ['log', logChecks(facts)],
    ['clock', clockChecks(facts)],
  ]
}

function folderChecks({ state }: Facts): Say[] {
  const { folder, exists, mode, own, freeBytes } = state
  if (!exists) return [note(`${folder} is not there yet: the first start makes it`)]
  if (own === false)
    return [
      blocked(
        `${folder} belongs to another user, or is no folder`,
        'make it a folder of your own, or set XDG_STATE_HOME',
      ),
    ]
  const said: Say[] =
    mode === '700'
      ? [ok(`${folder}, readable by you alone`)]
      : [warning(`${folder} can be reached by others (mode ${mode})`, 'the next start mends that')]
  if (freeBytes !== null && freeBytes < LOW_DISK_BYTES)
    said.push(warning(`only ${megabytes(freeBytes)} are free on its disk`))
  return said
}

function databaseChecks({ database, daemon }: Facts): Say[] {
  const { exists, check, version, knownVersion, problem, future, setAside, lastTickAt } = database
  if (problem === 'NATIVE_MODULE' || problem === 'ERR_DLOPEN_FAILED')
    return [
      blocked(
        'the database module better-sqlite3 cannot be loaded',
        'run "npm rebuild better-sqlite3" where mcp-watch is installed',
      ),
    ]
  const aside: Say[] =
    setAside.length === 0
      ? []
      : [
          note(
            `${count(setAside.length, 'damaged database was', 'damaged databases were')} set aside in the state folder`,
          ),
        ]
  if (!exists) return [note('there is none yet: the first start makes it'), ...aside]
  const size = `${megabytes(database.bytes)}, with ${megabytes(database.walBytes)} of journal`
  if (version !== null && version > knownVersion)
    return [
      blocked(
        `it is of version ${version}, this mcp-watch knows up to ${knownVersion}`,
        'update mcp-watch, or move the state folder away to begin anew',
      ),
      ...aside,
    ]
  const said: Say[] = []
  if (check === 'ok') said.push(ok(`it passed its check (${size})`))
  if (check === 'too-large') said.push(note(`it is too large to be checked here (${size})`))
  if (check === 'damaged')
    said.push(
      warning(`it is damaged (${size})`, 'the next start sets it aside and begins a new one'),
    )
  if (check === 'not-possible')
    said.push(
      warning(`it could not be read (${problem ?? 'unknown'})`, 'see who owns it, and its mode'),
    )
  if (version !== null && version < knownVersion)
    said.push(note('it is of an earlier version: the next start brings it up to date'))
  if (lastTickAt !== null && daemon === null) said.push(note(`last written at ${lastTickAt}`))
  if (future > 0)
    said.push(
      warning(
        `${count(future, 'time in it lies', 'times in it lie')} in the future: the clock was set back since, or was wrong`,
        'reports count such rows as now',
      ),
    )
  return [...said, ...aside]
}

function lockChecks({ lock, daemon }: Facts): Say[] {
  if (lock.held === null) return [note('there is no lock yet, or it cannot be asked')]
  if (lock.held) return [ok('held: one mcp-watch watches for this user')]
  return daemon?.health == null
    ? [ok('free: mcp-watch can be started')]
    : [warning('free, although an mcp-watch answers: its state folder was probably replaced')]
}

function logChecks({ log }: Facts): Say[] {
  if (!log.exists) return [note('there is none yet')]
  const { errors, warnings, path, last } = log
  if (errors + warnings === 0)
    return [ok(`${path} (${megabytes(log.bytes)}), nothing wrong in its end`)]
  const counted = `${path}: ${count(errors, 'error')} and ${count(warnings, 'warning')} in its end`
  const latest = last.at(-1)
  const said = errors > 0 ? warning(counted) : note(counted)
  return latest === undefined ? [said] : [said, note(`the last: ${latest.message}, ${latest.time}`)]
}

function clockChecks({ clock, database }: Facts): Say[] {
  const said: Say[] = []
  if (Date.parse(clock.wall) < OLDEST)
    said.push(warning(`the clock says ${clock.wall}`, 'set it: mutes and reports go by it'))
  if (Math.abs(clock.stepMs) >= STEP_MS)
    said.push(warning(`the clock was set by ${clock.stepMs} ms while this was asked`))
  if (said.length === 0) said.push(ok('the wall clock goes with the monotonic one'))
  const gaps = Object.entries(database.gaps).map(([reason, count]) => `${count} × ${reason}`)
  if (gaps.length > 0) said.push(note(`gaps of the last seven days: ${gaps.join(', ')}`))
  return said
}

function megabytes(bytes: number): string {
  return bytes < 1_000_000
    ? `${Math.ceil(bytes / 1000)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`
}
