/** `mcp-watch data export`: every record, as JSON lines or CSV. */
import { once } from 'node:events'
import type { ExportRow } from '../../shared/contract/data.ts'
import type { ExitCode } from '../../shared/errors.ts'
import type { Io } from '../io.ts'
import type { Duration } from '../options.ts'
import { jsonLine } from '../render/json.ts'
import { clean } from '../render/text.ts'

export interface ExportOptions {
  readonly format: 'jsonl' | 'csv'
  readonly since: Duration
  readonly server?: string
  readonly client?: string
}

const COLUMNS = [
  'kind',
  'from',
  'to',
  'server',
  'client',
  'serverId',
  'protocol',
  'address',
  'port',
  'direction',
  'names',
  'scope',
  'trafficClass',
  'verdict',
  'reason',
  'outcome',
  'role',
  'executable',
  'pid',
  'connections',
  'bytesSent',
  'bytesReceived',
] as const satisfies readonly (keyof ExportRow)[]

/** Reads the database itself, so that a running daemon goes on; waits for a reader that is slow. */
export async function exportData(options: ExportOptions, io: Io): Promise<ExitCode> {
  const { format, since, server, client } = options
  const entry = await io.entry()
  const write = format === 'csv' ? await csvWriter() : jsonLines
  const archive = entry.openRecords()
  let isGone = false
  const gone = io.closed.then(() => {
    isGone = true
  })
  try {
    const to = io.nowMs()
    const filter = {
      ...(server === undefined ? {} : { server }),
      ...(client === undefined ? {} : { client }),
    }
    const pages = archive.exported({ from: to - since.ms, to }, filter)
    if (format === 'csv') io.out(`${COLUMNS.join(',')}\r\n`)
    for (const page of pages) {
      if (page.length > 0 && !io.stream.write(write(page)))
        await Promise.race([once(io.stream, 'drain'), gone])
      if (isGone) break
    }
  } finally {
    archive.close()
  }
  return 0
}

function jsonLines(rows: readonly ExportRow[]): string {
  return rows.map(jsonLine).join('')
}

/**
 * RFC 4180. A cell that a spreadsheet would take for a formula is written as a text: names and paths in it are chosen by
 * watched programs.
 */
async function csvWriter(): Promise<(rows: readonly ExportRow[]) => string> {
  const { default: papaparse } = await import('papaparse')
  return (rows) => {
    const cells = rows.map((row) => COLUMNS.map((column) => cellOf(row[column])))
    return `${papaparse.unparse(cells, { escapeFormulae: true, newline: '\r\n' })}\r\n`
  }
}

function cellOf(value: ExportRow[keyof ExportRow]): string {
  if (value === null) return ''
  return clean(Array.isArray(value) ? value.join(' ') : String(value))
}
