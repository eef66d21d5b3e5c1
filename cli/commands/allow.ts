/** `mcp-watch allow`: one more host that a server may talk to, for good or for a time. */
import type { ExitCode } from '../../shared/errors.ts'
import type { Io } from '../io.ts'
import type { Duration } from '../options.ts'
import { type DecideOptions, decide } from './decide.ts'

export interface AllowOptions extends DecideOptions {
  readonly for?: Duration
}

export async function allow(
  server: string,
  host: string,
  options: AllowOptions,
  io: Io,
): Promise<ExitCode> {
  const forMs = options.for?.ms ?? null
  return await decide(server, { kind: 'allow', host, forMs }, options, io)
}
