/** A home folder, and a system, for discovery alone; nothing of the tester's own is looked at. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createDiscoverer } from '../../daemon/discover/discoverer.ts'
import type { Clock, Discoverer } from '../../daemon/ports.ts'
import type { System } from '../../shared/clients/paths.ts'

export interface DiscoverHome {
  /** What `home` is in, and whatever else a test puts on disk. */
  readonly root: string
  readonly home: string
  on(platform: System['platform']): System
  discoverer(platform?: System['platform'], clock?: Clock): Discoverer
  /** Below home unless the path is absolute; what is no text is written as JSON. */
  write(path: string, content: unknown): void
  /** Stops the discoverers and removes all. */
  remove(): void
}

const REAL: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }

export function discoverHome(): DiscoverHome {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'mcp-watch-clients-')))
  const home = join(root, 'home')
  mkdirSync(home)
  const discoverers: Discoverer[] = []
  const on = (platform: System['platform']): System => ({
    platform,
    home,
    root: join(root, 'system'),
    env: {},
  })
  return {
    root,
    home,
    on,
    discoverer(platform = 'linux', clock = REAL) {
      const discoverer = createDiscoverer({
        ...on(platform),
        packages: { packageOf: () => null },
        digest: (text) => `digest of ${text.length}`,
        clock,
      })
      discoverers.push(discoverer)
      return discoverer
    },
    write(path, content) {
      const file = path.startsWith('/') ? path : join(home, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    },
    remove() {
      for (const discoverer of discoverers) discoverer.stop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
