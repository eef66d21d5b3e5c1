/** HTTP over a Unix socket, with nothing but questions (GET). Who answers may be anybody. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'

export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** `denied`: the socket may not be opened. `absent`: there is none. `silent`: no use could be made of what is there. */
  | { readonly kind: 'denied' | 'absent' | 'silent' }

export type Ask = (socket: string, path: string, maxBytes: number) => Promise<Answer>

export interface EventsSink {
  readonly opened: () => void
  readonly line: (line: string) => void
  /** Once, whatever the reason. */
  readonly ended: () => void
}

export type FollowEvents = (socket: string, path: string, sink: EventsSink) => { stop(): void }

const TIME_LIMIT_MS = 2_000
const MAX_LINE = 1024 * 1024

function get(socket: string, path: string): ClientRequest {
  // A connection for each question: one that waits for the next would keep the process from ending.
  return request({
    socketPath: socket,
    path,
    method: 'GET',
    agent: false,
    headers: { host: 'localhost', connection: 'close', accept: 'application/json' },
  })
}

/**
 * The time limit is for the whole answer, so that one that drips in ends as well. Whatever else happens, and an answer
 * that changes the protocol is told of by neither an error nor a response, the connection closes: then it is over.
 */
export const ask: Ask = async (socket, path, maxBytes) =>
  await new Promise((resolve) => {
    const asked = get(socket, path)
    const give = (answer: Answer): void => {
      clearTimeout(late)
      resolve(answer)
      asked.destroy()
    }
    const late = setTimeout(() => give({ kind: 'silent' }), TIME_LIMIT_MS)
    asked.on('error', (error) => give({ kind: failureOf(error) }))
    asked.on('close', () => give({ kind: 'silent' }))
    // The connection is then ours, and no part of the request any more.
    asked.on('upgrade', (_, connection) => {
      connection.destroy()
      give({ kind: 'silent' })
    })
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > maxBytes) give({ kind: 'silent' })
        else chunks.push(chunk)
      })
      response.on('error', () => give({ kind: 'silent' }))
      response.on('end', () =>
        give({
          kind: 'answer',
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    })
    asked.end()
  })

/** Goes on until it is stopped or the other end closes; does not keep the process from ending. */
export const followEvents: FollowEvents = (socket, path, { opened, line, ended }) => {
  const asked = get(socket, path)
  let isEnded = false
  const end = (): void => {
    if (isEnded) return
    isEnded = true
    asked.destroy()
    ended()
  }
  asked.on('error', end)
  asked.on('close', end)
  asked.on('upgrade', (_, connection) => {
    connection.destroy()
    end()
  })
  asked.on('socket', (connection) => connection.unref())
  asked.on('response', (response) => {
    if (response.statusCode !== 200) return end()
    response.on('error', end)
    response.on('close', end)
    readLines(response, line, end)
    opened()
  })
  asked.end()
  return { stop: end }
}

function readLines(
  response: IncomingMessage,
  line: (line: string) => void,
  tooLong: () => void,
): void {
  let rest = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const each of lines) if (each !== '') line(each)
    if (rest.length > MAX_LINE) tooLong()
  })
}

function failureOf(error: Error): 'denied' | 'absent' | 'silent' {
  const code = 'code' in error ? error.code : null
  if (code === 'EACCES' || code === 'EPERM') return 'denied'
  return code === 'ENOENT' ? 'absent' : 'silent'
}
