/** `mcp-watch mute` and `unmute`: whether findings of a kind about a server are notified. */
import type { ExitCode } from '../../shared/errors.ts'
import type { Io } from '../io.ts'
import type { Duration } from '../options.ts'
import { type DecideOptions, decide } from './decide.ts'

export interface MuteOptions extends DecideOptions {
  readonly for?: Duration
}

export async function mute(
  server: string,
  finding: string,
  options: MuteOptions,
  io: Io,
): Promise<ExitCode> {
  const forMs = options.for?.ms ?? null
  return await decide(server, { kind: 'mute', finding, forMs }, options, io)
}

export async function unmute(
  server: string,
  finding: string,
  options: DecideOptions,
  io: Io,
): Promise<ExitCode> {
  return await decide(server, { kind: 'unmute', finding }, options, io)
}
