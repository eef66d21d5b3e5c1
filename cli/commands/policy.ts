/** `mcp-watch policy path|check|show`. They need no daemon and no data. */
import type { Servers } from '../../shared/contract/answers.ts'
import { ERROR_CODES, type ExitCode, McpWatchError } from '../../shared/errors.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import { jsonText } from '../render/json.ts'
import { renderPolicyCheck, renderPolicyShow } from '../render/policy.ts'
import { askSource } from '../source.ts'

interface PolicyOptions {
  readonly json?: boolean
}

/** As it is, so that `$EDITOR "$(mcp-watch policy path)"` works. */
export async function path(options: PolicyOptions, io: Io): Promise<ExitCode> {
  const answer = (await openPolicy(io)).path()
  io.out(options.json === true ? jsonText(answer) : `${answer.path}\n`)
  return 0
}

export async function check(options: PolicyOptions, io: Io): Promise<ExitCode> {
  const answer = (await openPolicy(io)).check()
  io.out(options.json === true ? jsonText(answer) : renderPolicyCheck(answer, lookOf(io)))
  return answer.valid ? 0 : ERROR_CODES.POLICY_INVALID
}

export async function show(options: PolicyOptions, io: Io): Promise<ExitCode> {
  const answer = (await openPolicy(io)).show()
  if (options.json === true) {
    io.out(jsonText(answer))
    return 0
  }
  io.out(renderPolicyShow(answer, await serversIfKnown(io), lookOf(io), io.nowMs()))
  return 0
}

async function openPolicy(io: Io): ReturnType<Awaited<ReturnType<Io['entry']>>['openPolicy']> {
  const entry = await io.entry()
  return await entry.openPolicy()
}

/** Null before anything was recorded: the rules can be shown without. */
async function serversIfKnown(io: Io): Promise<Servers['servers'] | null> {
  try {
    return (await askSource(io, (source) => source.servers())).servers
  } catch (error) {
    if (error instanceof McpWatchError && error.exitCode === 3) return null
    throw error
  }
}
