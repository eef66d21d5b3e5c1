/** Why the capture service is of no use (any more), in sentences. Pure. */
import { McpWatchError } from '../../../shared/errors.ts'
import type { StreamEnd } from './service-frames.ts'
import type { EndReason, Hello } from './service-protocol.ts'

const RESTART = '"sudo systemctl restart mcp-watch-capture" starts it again'
const RENEW = 'bring the service up to date: "sudo mcp-watch service install --exact"'

const noEngine = (message: string, hint: string, cause?: unknown): McpWatchError =>
  new McpWatchError('NO_ENGINE', message, { hint, ...(cause === undefined ? {} : { cause }) })

export function whyItEnded(end: StreamEnd, own: Hello): McpWatchError {
  switch (end.kind) {
    case 'no-service':
      return noEngine('what answers in the place of the capture service is none', RENEW)
    case 'garbage':
      return noEngine('the capture service sent what cannot be read', RENEW)
    case 'other-version':
      return otherVersion(end.hello, own)
    case 'ended':
      return noEngine(reasonSentence(end.reason), RESTART)
  }
}

function otherVersion(service: Hello, own: Hello): McpWatchError {
  const sentence = `the capture service is of mcp-watch ${service.version} (protocol ${service.protocol}) and does not go together with this mcp-watch ${own.version} (protocol ${own.protocol})`
  const isServiceNewer = service.protocol > own.protocol
  return noEngine(
    sentence,
    isServiceNewer ? 'the service is the newer one: update mcp-watch, and start it again' : RENEW,
  )
}

function reasonSentence(reason: EndReason | null): string {
  switch (reason) {
    case 'user-full':
      return 'the capture service has as many connections of this user as it takes'
    case 'service-full':
      return 'the capture service has as many connections as it takes'
    case 'capture-failed':
      return 'the capture service can no longer capture'
    case 'stopping':
    case null:
      return 'the capture service ended'
  }
}

export function notAnswering(cause: Error): McpWatchError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
  return noEngine(`the capture service does not answer (${code})`, RESTART, cause)
}

export function silent(): McpWatchError {
  return noEngine('the capture service has fallen silent', RESTART)
}

export function otherAccount(path: string): McpWatchError {
  return noEngine(
    `the capture service at ${path} is not believed: another account than that of its folder answers`,
    'see who listens there; only root should be able to put something in its place',
  )
}
