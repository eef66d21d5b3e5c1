/** Which package manager a launcher process is: its own executable and script, not what it calls itself, first. */
import type { Process } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'

/**
 * `npm` reads npm's configuration (npm, npx, pnpm, pnpx) · `none` fetches nothing, so no registry is its business
 * (shells, wrappers) · `unknown` has a registry that cannot be asked for here (yarn, bun, uv, docker …).
 */
export type Manager = 'npm' | 'none' | 'unknown'

const NPM_NAMES = new Set(['npm', 'npx', 'pnpm', 'pnpx'])
const NPM_SCRIPTS = new Set(['npm', 'npx', 'npm-cli.js', 'npx-cli.js', 'pnpm', 'pnpx', 'pnpm.cjs'])
const NODE_NAMES = new Set(['node', 'nodejs', 'node.exe'])
const WRAPPERS = new Set([
  'sh',
  'bash',
  'dash',
  'zsh',
  'ksh',
  'fish',
  'busybox',
  'env',
  'nice',
  'nohup',
  'setsid',
  'stdbuf',
  'timeout',
  'arch',
  'disclaimer',
])

export function managerOf(process: Process): Manager {
  const words = process.argv
    .join(' ')
    .split(' ')
    .filter((word) => word !== '')
  const title = basename(words[0] ?? '')
  // proc(5): the link reads `… (deleted)` when the file was replaced under a running program, as updates do.
  const program = basename((process.executable ?? words[0] ?? '').replace(/ \(deleted\)$/, ''))
  if (WRAPPERS.has(program)) return 'none'
  if (!NODE_NAMES.has(program)) return NPM_NAMES.has(program) ? 'npm' : 'unknown'
  const { script } = process
  if (script !== null) {
    const name = script.package?.name ?? basename(script.realPath)
    return NPM_SCRIPTS.has(name) || NPM_NAMES.has(name) ? 'npm' : 'unknown'
  }
  // Its title is all that is left of a running npm; roles are given before this is asked, and not by titles.
  return NPM_NAMES.has(title) || NPM_SCRIPTS.has(basename(words[1] ?? '')) ? 'npm' : 'unknown'
}
