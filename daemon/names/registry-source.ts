/** Where a launcher may go: what its package manager is configured with, asked in the background and remembered. */
import { forgetOldest } from '../../shared/forget-oldest.ts'
import type { RegistryAnswer } from '../../shared/model/host.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Clock, Log, RegistrySource } from '../ports.ts'
import { type AddressBook, createAddressBook, type Lookup } from './address-book.ts'
import { type AskNpmDeps, askNpm } from './ask-npm.ts'
import { managerOf } from './manager.ts'
import type { Target } from './npm-settings.ts'

export interface RegistrySourceDeps extends Omit<AskNpmDeps, 'execPath'> {
  readonly execPath?: string
  readonly lookup: Lookup
  /** Asked before each look-up: false where the user wants no name to be looked up. */
  readonly mayLookUp: () => boolean
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Pick<Log, 'debug'>
}

/** Settings are asked for again after this; files that npm reads may have changed. */
const SETTINGS_MS = 5 * 60_000
/** Older addresses are looked up again before anybody is judged by them. */
const ADDRESSES_MS = 60_000
const FIRST_RETRY_MS = 2_000
const LAST_RETRY_MS = 5 * 60_000
const MAX_FOLDERS = 64

const UNKNOWN: RegistryAnswer = { kind: 'unknown' }
const PENDING: RegistryAnswer = { kind: 'pending' }

/** What is known of the manager's settings in one folder. Times are monotonic milliseconds. */
interface Entry {
  targets: readonly Target[]
  book: AddressBook | null
  isBusy: boolean
  askedAt: number
  lookedUpAt: number
  retryAt: number
  retryMs: number
}

/** Nothing here has a timer: an answer is refreshed when somebody asks for it and it has grown old. */
export function createRegistrySource(deps: RegistrySourceDeps): RegistrySource {
  const npm: AskNpmDeps = { ...deps, execPath: deps.execPath ?? process.execPath }
  const entries = new Map<string, Entry>()
  let queue: Promise<unknown> = Promise.resolve()
  let isStopped = false
  const now = (): number => deps.clock.monotonicMs()
  const lookup: Lookup = async (host) => {
    if (!deps.mayLookUp()) throw new Error('names are not looked up')
    return await deps.lookup(host)
  }

  const work = async (folder: string, entry: Entry): Promise<void> => {
    if (isStopped) return
    try {
      if (entry.book === null || now() - entry.askedAt >= SETTINGS_MS) {
        const targets = await askNpm(npm, folder)
        if (targets === null) throw new Error('npm did not answer')
        // The same settings keep their book, and with it the addresses of the last minutes.
        if (JSON.stringify(targets) !== JSON.stringify(entry.targets) || entry.book === null)
          entry.book = createAddressBook(targets, lookup)
        entry.targets = targets
        entry.askedAt = now()
      }
      if (!(await entry.book.refresh(now()))) throw new Error('a registry has no address')
      entry.lookedUpAt = now()
      entry.retryAt = 0
      entry.retryMs = FIRST_RETRY_MS
    } catch (error) {
      // Whatever went wrong, the answer is "unknown" until it works: a registry not known accuses nobody.
      entry.retryAt = now() + entry.retryMs
      entry.retryMs = Math.min(entry.retryMs * 2, LAST_RETRY_MS)
      const reason = error instanceof Error ? error.name : 'unknown'
      deps.log.debug({ reason, retryMs: entry.retryMs }, 'the registry is not known')
    } finally {
      entry.isBusy = false
    }
  }

  return {
    registryFor: (launcher: Process) => {
      switch (managerOf(launcher)) {
        case 'none':
          return { kind: 'known', endpoints: [] }
        case 'unknown':
          return UNKNOWN
        case 'npm':
      }
      const folder = launcher.cwd ?? deps.home
      const entry = entryFor(entries, folder)
      const isFailing = entry.retryAt > now()
      const isFresh = now() - entry.lookedUpAt < ADDRESSES_MS && entry.book !== null
      if (!isFresh && !isFailing && !entry.isBusy && !isStopped) {
        entry.isBusy = true
        // One at a time: a client that starts ten servers must not make us start ten npm.
        queue = queue.then(async () => await work(folder, entry))
      }
      if (isFresh && entry.book !== null)
        return { kind: 'known', endpoints: entry.book.endpoints(now()) }
      return entry.retryMs > FIRST_RETRY_MS ? UNKNOWN : PENDING
    },
    stop: () => {
      isStopped = true
    },
  }
}

/** Least recently used first, so that the oldest makes room. */
function entryFor(entries: Map<string, Entry>, folder: string): Entry {
  const entry = entries.get(folder) ?? {
    targets: [],
    book: null,
    isBusy: false,
    askedAt: 0,
    lookedUpAt: Number.NEGATIVE_INFINITY,
    retryAt: 0,
    retryMs: FIRST_RETRY_MS,
  }
  entries.delete(folder)
  entries.set(folder, entry)
  forgetOldest(entries, MAX_FOLDERS)
  return entry
}
