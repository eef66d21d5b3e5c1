/** Several running copies of one entry, and one server in the files of several clients, in words. */
import type { EntryJson, InstanceJson, ServerJson } from '../../shared/contract/common.ts'
import { clean, wrap } from './text.ts'

const MOST_NAMED = 6

/** `running as process 10`; with how many and whose where there are several. Null where none runs. */
export function copiesWords(running: readonly InstanceJson[]): string | null {
  if (running.length === 0) return null
  if (running.length === 1) return `running as process ${pids(running)}`
  const byClient = new Map<string, InstanceJson[]>()
  for (const copy of running) {
    const client = copy.client ?? ''
    byClient.set(client, [...(byClient.get(client) ?? []), copy])
  }
  const groups = [...byClient].map(([client, copies]) => {
    const of = client === '' ? 'without a known client' : `under ${clean(client)}`
    return byClient.size === 1
      ? `process ${pids(copies)}, ${of}`
      : `${copies.length} ${of} (process ${pids(copies)})`
  })
  return `${running.length} copies run: ${groups.join('; ')}`
}

function pids(copies: readonly InstanceJson[]): string {
  return copies.map(({ rootPid }) => rootPid).join(', ')
}

/** `also in: cursor, codex (as notes)`; nothing for an entry that is in one client only. */
export function alsoInWords(entries: ServerJson['alsoIn']): readonly string[] {
  if (entries.length === 0) return []
  const shown = entries.slice(0, MOST_NAMED).map(named)
  const more = entries.length - shown.length
  return [`also in: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]
}

function named({ server, client }: EntryJson): string {
  return `${clean(client)} (as ${clean(server)})`
}

/** A line for each server that several clients are configured with; empty where there is none. */
export function severalClients(servers: readonly ServerJson[], columns: number | null): string {
  const told = new Set<string>()
  const lines: string[] = []
  for (const server of servers) {
    if (server.alsoIn.length === 0 || told.has(server.id)) continue
    told.add(server.id)
    for (const { serverId } of server.alsoIn) told.add(serverId)
    const [first] = alsoInWords(server.alsoIn)
    lines.push(wrap(`${clean(server.name)} (${clean(server.client)}) is ${first}`, columns, ''))
  }
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`
}
