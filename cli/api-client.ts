/** Asks the running daemon over its Unix socket. What answers there is checked like anything from outside. */
import { request } from 'node:http'
import type { ZodType } from 'zod'
import type { Findings, Health, Servers, Status } from '../shared/contract/answers.ts'
import type { DataChange, EraseRequest, PruneRequest } from '../shared/contract/data.ts'
import type { Explanation, Question } from '../shared/contract/explain.ts'
import type { FindingDetail } from '../shared/contract/finding-detail.ts'
import type { History } from '../shared/contract/history.ts'
import type { Report } from '../shared/contract/report.ts'
import { ERROR_CODES, type ErrorCode, McpWatchError } from '../shared/errors.ts'
import type { Filter } from './io.ts'

export interface ApiClient {
  health(): Promise<Health>
  status(): Promise<Status>
  servers(): Promise<Servers>
  /** `since` like `24h`. */
  report(since: string, filter: Filter): Promise<Report>
  findings(since: string, filter: Filter): Promise<Findings>
  /** `prefix`: hex digits, the beginning of an id. */
  finding(prefix: string): Promise<FindingDetail>
  history(since: string, filter: Filter): Promise<History>
  explain(question: Question): Promise<Explanation>
  prune(request: PruneRequest): Promise<DataChange>
  erase(request: EraseRequest): Promise<DataChange>
}

interface Answer {
  readonly status: number
  readonly body: string
}

export interface ApiLimits {
  readonly timeoutMs: number
  readonly bodyBytes: number
}

/** Removing a million records takes a while, in small steps. */
const PATIENT = { timeoutMs: 15 * 60_000 } as const
const LIMITS: ApiLimits = { timeoutMs: 5000, bodyBytes: 256 * 1024 * 1024 }

/** Throws NO_DAEMON where nobody listens, DAEMON_SILENT where nothing sensible comes back, else what the daemon says. */
export function createApiClient(socket: string, limits: ApiLimits = LIMITS): ApiClient {
  const ask = async <T>(path: string, schema: ZodType<T>): Promise<T> =>
    checked(await exchange(socket, `/api/v1${path}`, limits), schema)
  const change = async (path: string, asked: object): Promise<DataChange> => {
    const { dataChangeSchema } = await import('../shared/contract/data.ts')
    const answer = await exchange(socket, `/api/v1${path}`, { ...limits, ...PATIENT }, asked)
    return checked(answer, dataChangeSchema)
  }
  // The schemas bring zod with them, which --help and the like should not wait for.
  const answers = (): Promise<typeof import('../shared/contract/answers.ts')> =>
    import('../shared/contract/answers.ts')
  return {
    health: async () => ask('/health', (await answers()).healthSchema),
    status: async () => ask('/status', (await answers()).statusSchema),
    servers: async () => ask('/servers', (await answers()).serversSchema),
    report: async (since, filter) => {
      const { reportSchema } = await import('../shared/contract/report.ts')
      const query = new URLSearchParams({ since, ...filter })
      return ask(`/report?${query.toString()}`, reportSchema)
    },
    findings: async (since, filter) => {
      const query = new URLSearchParams({ since, ...filter })
      return ask(`/findings?${query.toString()}`, (await answers()).findingsSchema)
    },
    finding: async (prefix) => {
      const { findingDetailSchema } = await import('../shared/contract/finding-detail.ts')
      return ask(`/findings/${encodeURIComponent(prefix)}`, findingDetailSchema)
    },
    history: async (since, filter) => {
      const { historySchema } = await import('../shared/contract/history.ts')
      const query = new URLSearchParams({ since, ...filter })
      return ask(`/history?${query.toString()}`, historySchema)
    },
    explain: async (question) => {
      const { explanationSchema } = await import('../shared/contract/explain.ts')
      const query = new URLSearchParams(
        'pid' in question ? { pid: String(question.pid) } : { server: question.server },
      )
      return ask(`/explain?${query.toString()}`, explanationSchema)
    },
    prune: (asked) => change('/data/prune', asked),
    erase: (asked) => change('/data/erase', asked),
  }
}

async function checked<T>({ status, body }: Answer, schema: ZodType<T>): Promise<T> {
  const value = parseJson(body)
  if (status >= 200 && status < 300) {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    throw silent('the daemon gave an answer that this version does not understand')
  }
  const { errorSchema } = await import('../shared/contract/answers.ts')
  const parsed = errorSchema.safeParse(value)
  if (!parsed.success) throw silent(`the daemon gave an answer of status ${status}`)
  const { code, message, hint } = parsed.data.error
  throw new McpWatchError(
    isErrorCode(code) ? code : 'INTERNAL',
    message,
    hint === null ? {} : { hint },
  )
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code)
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

/** GET, or POST where there is something to say. */
function exchange(
  socketPath: string,
  path: string,
  limits: ApiLimits,
  body?: object,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // One limit for the whole exchange: a drip of bytes would keep an idle timeout waiting for ever.
    const signal = AbortSignal.timeout(limits.timeoutMs)
    const fail = (error: NodeJS.ErrnoException): void => reject(unreachable(error))
    const sent =
      body === undefined
        ? { method: 'GET' }
        : { method: 'POST', headers: { 'content-type': 'application/json' } }
    const asked = request({ socketPath, path, signal, agent: false, ...sent }, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= limits.bodyBytes) chunks.push(chunk)
        else response.destroy(new Error('the answer is too long'))
      })
      response.on('error', fail)
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
        })
      })
    })
    asked.on('error', fail)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function unreachable(error: NodeJS.ErrnoException): McpWatchError {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') {
    return new McpWatchError('NO_DAEMON', 'no mcp-watch is running', {
      hint: 'start it with "mcp-watch start"',
      cause: error,
    })
  }
  return silent('the daemon does not answer', error)
}

function silent(message: string, cause?: unknown): McpWatchError {
  return new McpWatchError('DAEMON_SILENT', message, {
    hint: 'if that goes on, end it with "mcp-watch stop" or by its process id, and start it again',
    cause,
  })
}
