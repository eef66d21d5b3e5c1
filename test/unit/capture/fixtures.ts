/** Captured tool output without the header line that tells where it is from. */
import { readFileSync } from 'node:fs'

export function captured(path: string): string {
  const text = readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8')
  const end = text.indexOf('\n')
  if (!text.startsWith('# ') || end < 0) throw new Error(`${path} does not tell where it is from`)
  return text.slice(end + 1).replaceAll('\u2400', '\0')
}

/** `tcp established 127.0.0.1:1 -> 127.0.0.1:2`, for comparing rows at a glance. */
export function brief(row: {
  protocol: string
  state: string
  local: { address: string; port: number; zone: string | null }
  remote: { address: string; port: number; zone: string | null } | null
}): string {
  const end = (at: { address: string; port: number; zone: string | null }): string =>
    `${at.address}${at.zone === null ? '' : `%${at.zone}`} ${at.port}`
  const peer = row.remote === null ? '' : ` -> ${end(row.remote)}`
  return `${row.protocol} ${row.state} ${end(row.local)}${peer}`
}
