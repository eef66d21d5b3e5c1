/** `mcp-watch findings`: what is worth telling, as a list or one in full. */
import { type ExitCode, McpWatchError } from '../../shared/errors.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import type { Duration } from '../options.ts'
import { renderFindingDetail } from '../render/finding-detail.ts'
import { renderFindingList } from '../render/finding-list.ts'
import { jsonText } from '../render/json.ts'
import { askSource } from '../source.ts'

export interface FindingsOptions {
  readonly json?: boolean
  readonly since: Duration
  readonly server?: string
  readonly client?: string
}

/** `id`: the beginning of a finding's id; the filters are for the list. */
export async function findings(
  id: string | undefined,
  options: FindingsOptions,
  io: Io,
): Promise<ExitCode> {
  const { json = false } = options
  if (id !== undefined) return await one(id, json, io)
  const { since, server, client } = options
  const filter = {
    ...(server === undefined ? {} : { server }),
    ...(client === undefined ? {} : { client }),
  }
  const answer = await askSource(io, (source) => source.findings(since, filter))
  io.out(json ? jsonText(answer) : renderFindingList(answer, lookOf(io), io.nowMs()))
  return 0
}

async function one(id: string, json: boolean, io: Io): Promise<ExitCode> {
  if (!/^[0-9a-f]{1,16}$/i.test(id)) {
    throw new McpWatchError('USAGE', 'that is not the id of a finding', {
      hint: 'an id, or its beginning, is of the digits 0 to 9 and a to f: "mcp-watch findings" lists them',
    })
  }
  const answer = await askSource(io, (source) => source.finding(id))
  io.out(json ? jsonText(answer) : renderFindingDetail(answer, lookOf(io)))
  return 0
}
