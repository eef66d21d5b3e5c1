/**
 * Finds the configured MCP servers and notices changes.
 *
 * Changes are noticed by looking at every file once a second, one stat(2) each, and reading those whose stamp moved.
 * A watching library does worse here: most files it would have to watch do not exist, nor do their folders; editors and
 * clients replace files by rename, which ends a watch on the file; and inotify(7) and FSEvents each lose events in ways
 * of their own, so that a look now and then is needed anyway. Folders answer for what is not in them (see walker.ts), so
 * that a look costs by what exists: measured 60 µs for a home with four clients, 0.2 ms with 30 projects, 0.3 ms with
 * the files of 66 clients.
 */
import type { NamedConfig } from '../../shared/clients/named-config.ts'
import type { System } from '../../shared/clients/paths.ts'
import type { Discovery } from '../../shared/model/server.ts'
import type { Clock, Discoverer, Packages } from '../ports.ts'
import type { Digest } from './arg-pattern.ts'
import { assemble } from './assemble.ts'
import { isFile } from './find-script.ts'
import { createSweeper, type Sweep } from './sweep.ts'
import { GRACE_MS } from './tracked-file.ts'

const LOOK_EVERY_MS = 1000
/** Files that clients were told of stay known until a restart. */
const MAX_NAMED = 200
/** A file that is just gone may be on its way to be replaced. */
const LOOK_AGAIN_MS = 250
/** Scripts may be installed after the configuration that names them was written. */
const FIND_SCRIPTS_EVERY_MS = 10_000

export interface DiscovererOptions extends System {
  readonly packages: Packages
  /** A keyed hash, for arguments that may hold secrets. */
  readonly digest: Digest
  readonly clock: Clock
  /** Blocks for so many milliseconds; `read` waits once for a file that is being written. */
  readonly pause?: (ms: number) => void
}

/** Of `env` only variables that move configuration folders are looked at. */
export function createDiscoverer(options: DiscovererOptions): Discoverer {
  const { packages, clock, digest, home } = options
  const sweeper = createSweeper(options, { home, digest, isFile, platform: options.platform })
  const pause = options.pause ?? blockFor
  let sweep: Sweep = { tracked: new Map(), overflows: [] }
  let working: readonly string[] = []
  const named = new Map<string, NamedConfig>()
  let timer: NodeJS.Timeout | null = null
  let told = ''
  let assembledAt = Number.NEGATIVE_INFINITY

  const look = (): boolean => {
    const before = sweep
    const monotonicMs = clock.monotonicMs()
    const elapsedMs = (): number => clock.monotonicMs() - monotonicMs
    const now = { wallMs: clock.wallMs(), monotonicMs, elapsedMs }
    sweep = sweeper(before.tracked, working, now, [...named.values()])
    return !sameFiles(before, sweep)
  }
  const current = (): Discovery => {
    assembledAt = clock.monotonicMs()
    const discovery = assemble(sweep, packages)
    told = JSON.stringify(discovery)
    return discovery
  }
  const lookAndTell = (onChange: (discovery: Discovery) => void): void => {
    const moved = look()
    if (!moved && clock.monotonicMs() - assembledAt < FIND_SCRIPTS_EVERY_MS) return
    const toldBefore = told
    const discovery = current()
    if (told !== toldBefore) onChange(discovery)
  }
  const schedule = (onChange: (discovery: Discovery) => void): void => {
    const soon = [...sweep.tracked.values()].some((file) => file.missing)
    timer = setTimeout(
      () => {
        try {
          lookAndTell(onChange)
        } finally {
          if (timer !== null) schedule(onChange)
        }
      },
      soon ? LOOK_AGAIN_MS : LOOK_EVERY_MS,
    ).unref()
  }

  return {
    read() {
      look()
      if ([...sweep.tracked.values()].some((file) => file.failingSince !== null || file.missing)) {
        pause(GRACE_MS)
        look()
      }
      return current()
    },
    watch(onChange) {
      if (timer === null) schedule(onChange)
    },
    setWorkingFolders(folders, configs = []) {
      const known = new Set(working)
      working = [...folders].sort()
      const more = configs.filter(({ path }) => !named.has(path))
      for (const config of more) if (named.size < MAX_NAMED) named.set(config.path, config)
      const isNew = more.length > 0 || working.some((folder) => !known.has(folder))
      if (!isNew || !look()) return null
      const toldBefore = told
      const discovery = current()
      return told === toldBefore ? null : discovery
    },
    stop() {
      if (timer !== null) clearTimeout(timer)
      timer = null
    },
  }
}

/** Files that did not change are the very same objects. */
function sameFiles(before: Sweep, after: Sweep): boolean {
  if (before.tracked.size !== after.tracked.size) return false
  for (const [path, file] of after.tracked) if (before.tracked.get(path) !== file) return false
  return before.overflows.length === after.overflows.length
}

/** Atomics.wait on memory that nobody wakes is the one way to sleep without giving up the turn. */
function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
