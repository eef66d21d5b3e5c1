/**
 * The policy in force: the file is looked at once a second (one stat(2)), as the clients' files are and for the same
 * reasons. A file that has gone bad keeps what was good, and says so; no file at all is the default policy.
 */
import type { PolicyDiagnostic } from '../../shared/contract/policy.ts'
import { DEFAULT_POLICY, type Policy, RETENTION_UNKNOWN } from '../../shared/model/policy.ts'
import type { Clock, Log } from '../ports.ts'
import { type PolicyReading, parsePolicy } from './parse.ts'
import { type FileLook, lookAtFile, readFile } from './read-file.ts'

const LOOK_EVERY_MS = 1000
/** The kernel stamps files by a coarse clock: a second write this soon after can leave the stamp as it was. */
const STAMP_DOUBT_MS = 100

export interface PolicyState {
  readonly policy: Policy
  /** What is wrong with the file as it is now; with an error in it, `policy` is that of before. */
  readonly diagnostics: readonly PolicyDiagnostic[]
  readonly exists: boolean
  /** Whether `policy` is what the file says, what it said before, or, of a file that was never good, what is built in. */
  readonly inForce: 'written' | 'before' | 'built-in'
}

export interface PolicyFile {
  /** The policy in force; the first call reads the file. Its rules expire by themselves: see `ruleFor`. */
  current(): Policy
  /** The same with what is wrong with the file. */
  state(): PolicyState
  /** Calls back within some two seconds of a change of what is said or of what is wrong. */
  watch(onChange: (policy: Policy, diagnostics: readonly PolicyDiagnostic[]) => void): void
  stop(): void
}

export interface PolicyFileOptions {
  readonly path: string
  readonly clock: Clock
  readonly log: Log
  readonly lookEveryMs?: number
}

/** What was read last. `signature` null: it has to be read again whatever the next look says. */
interface Tracked extends PolicyState {
  readonly signature: string | null
  /** The last look found it absent or bad where it was good: given one more look, as it may be about to be replaced. */
  readonly pending: boolean
}

export function createPolicyFile(options: PolicyFileOptions): PolicyFile {
  const { path, clock, log } = options
  let tracked: Tracked | null = null
  let timer: NodeJS.Timeout | null = null

  const now = (): Tracked => {
    tracked ??= begin(path, clock)
    return tracked
  }
  const look = (onChange: Parameters<PolicyFile['watch']>[0]): void => {
    const before = now()
    const after = lookAgain(path, clock, before)
    tracked = after
    if (after.pending || !differs(before, after)) return
    tell(log, after)
    onChange(after.policy, after.diagnostics)
  }
  return {
    current: () => now().policy,
    state: () => now(),
    watch(onChange) {
      if (timer !== null) return
      tell(log, now())
      timer = setInterval(() => look(onChange), options.lookEveryMs ?? LOOK_EVERY_MS).unref()
    },
    stop() {
      if (timer !== null) clearInterval(timer)
      timer = null
    },
  }
}

/** One reading, without remembering anything. */
export function readPolicyOnce(path: string, atMs: number): PolicyReading & { exists: boolean } {
  const file = readFile(path)
  switch (file.kind) {
    case 'absent':
      return { policy: DEFAULT_POLICY, diagnostics: [], exists: false }
    case 'unusable':
      return { policy: null, diagnostics: [whole(file.message, 'error')], exists: true }
    case 'file': {
      const { policy, diagnostics } = parsePolicy(file.text, atMs)
      const exposed = file.exposed ? [whole(EXPOSED, 'warning')] : []
      return { policy, diagnostics: [...diagnostics, ...exposed], exists: true }
    }
  }
}

/** Of a file that was never good: a mistake elsewhere in it must not cost the records that it says are to be kept. */
const NEVER_GOOD: Policy = { ...DEFAULT_POLICY, retention: RETENTION_UNKNOWN }

const EXPOSED = 'other users of this machine may write this file'

function begin(path: string, clock: Clock): Tracked {
  const signature = signatureOf(lookAtFile(path), clock)
  const { policy, diagnostics, exists } = readPolicyOnce(path, clock.wallMs())
  const inForce = policy === null ? 'built-in' : 'written'
  const held = { policy: policy ?? NEVER_GOOD, inForce } as const
  return { ...held, diagnostics, exists, signature, pending: false }
}

function lookAgain(path: string, clock: Clock, before: Tracked): Tracked {
  const signature = signatureOf(lookAtFile(path), clock)
  if (signature !== null && signature === before.signature && !before.pending) return before
  const { policy, diagnostics, exists } = readPolicyOnce(path, clock.wallMs())
  const good = !hasError(before.diagnostics)
  const worse = policy === null || (before.exists && !exists)
  // Programs that write in place, or remove first, leave such a file for a moment.
  if (worse && good && !before.pending) return { ...before, signature: null, pending: true }
  const stays = before.inForce === 'written' ? 'before' : before.inForce
  const inForce = policy === null ? stays : 'written'
  const held = { policy: policy ?? before.policy, inForce } as const
  return { ...held, diagnostics, exists, signature, pending: false }
}

function signatureOf(look: FileLook, clock: Clock): string | null {
  if (look.kind !== 'file') return look.kind === 'absent' ? 'absent' : look.message
  return Math.abs(clock.wallMs() - look.changedAt) < STAMP_DOUBT_MS ? null : look.signature
}

function differs(before: PolicyState, after: PolicyState): boolean {
  const key = (state: PolicyState): string => JSON.stringify([state.policy, state.diagnostics])
  return before !== after && key(before) !== key(after)
}

function tell(log: Log, { diagnostics, exists, policy, inForce }: PolicyState): void {
  if (hasError(diagnostics)) {
    const [first] = diagnostics
    log.error(
      { line: first?.line, column: first?.column, problem: first?.message, advice: first?.advice },
      inForce === 'built-in'
        ? 'the policy file cannot be used; what is built in holds'
        : 'the policy file cannot be used; what held before still holds',
    )
  } else if (exists) {
    log.info({ rules: policy.rules.length, warnings: diagnostics.length }, 'policy read')
  }
}

export function hasError(diagnostics: readonly PolicyDiagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error')
}

function whole(message: string, severity: PolicyDiagnostic['severity']): PolicyDiagnostic {
  const advice =
    severity === 'warning'
      ? 'take that right away with "chmod o-w"'
      : 'make it a text file that you can read'
  return { severity, line: null, column: null, message, advice }
}
