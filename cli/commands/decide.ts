/** What expect, allow, mute and unmute have in common: whom it is about, the edit, and what is said of it. */
import type { ExitCode } from '../../shared/errors.ts'
import { mayDecide } from '../decision.ts'
import type { Entry, Io } from '../io.ts'
import { knownServer } from '../known-server.ts'
import { lookOf } from '../look.ts'
import { jsonText } from '../render/json.ts'
import { renderDecision } from '../render/policy.ts'

export interface DecideOptions {
  readonly json?: boolean
  readonly client?: string
}

type Desk = Awaited<ReturnType<Entry['openPolicy']>>

export async function decide(
  named: string,
  decision: Parameters<Desk['decide']>[1],
  options: DecideOptions,
  io: Io,
): Promise<ExitCode> {
  await mayDecide(io)
  const { server, alone } = await knownServer(io, named, options.client)
  const entry = await io.entry()
  const desk = await entry.openPolicy()
  const answer = await desk.decide({ ...server, alone }, decision)
  io.out(options.json === true ? jsonText(answer) : renderDecision(answer, lookOf(io)))
  return 0
}
