/** `mcp-watch capture`: the capture service, run by the system's service manager (docs/service.md). */
import { isAbsolute } from 'node:path'
import { type ExitCode, McpWatchError } from '../../shared/errors.ts'
import type { Io } from '../io.ts'

export interface CaptureOptions {
  readonly socket?: string
}

/** Until a signal comes, or until the kernel's events can no longer be had. */
export async function capture({ socket = '' }: CaptureOptions, io: Io): Promise<ExitCode> {
  if (socket !== '' && !isAbsolute(socket)) {
    throw new McpWatchError('USAGE', 'the path of --socket has to begin with "/"')
  }
  const signalled = new Promise<void>((resolve) => io.onSignal(() => resolve()))
  // Not daemon/entry.ts: what that loads for other commands must not run with this one's capabilities.
  const { runCapture } = await import('../../daemon/run-capture.ts')
  const running = await runCapture({ socket: socket === '' ? null : socket })
  try {
    await Promise.race([signalled, running.failed])
  } finally {
    await running.stop()
  }
  // Nothing is left to wait for; whoever asked for the end wants it now.
  io.exit(0)
  return 0
}
