/** `mcp-watch expect`: what a server is expected to talk to, from now on. */
import type { ExitCode } from '../../shared/errors.ts'
import type { Io } from '../io.ts'
import { type DecideOptions, decide } from './decide.ts'

export type ExpectOptions = DecideOptions

export async function expect(
  server: string,
  words: readonly string[],
  options: ExpectOptions,
  io: Io,
): Promise<ExitCode> {
  return await decide(server, { kind: 'expect', words }, options, io)
}
