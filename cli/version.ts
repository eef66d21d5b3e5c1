/** The version of this program, from its own package.json. */
import { readFileSync } from 'node:fs'

/** Run from its source the file is one folder up, built it is two. */
const CANDIDATES = ['../package.json', '../../package.json']

export function ownVersion(): string {
  for (const candidate of CANDIDATES) {
    try {
      const text = readFileSync(new URL(candidate, import.meta.url), 'utf8')
      const manifest = JSON.parse(text) as { name?: unknown; version?: unknown }
      if (manifest.name === 'mcp-watch' && typeof manifest.version === 'string') {
        return manifest.version
      }
    } catch {
      // Not there: the next one is.
    }
  }
  return 'unknown'
}
