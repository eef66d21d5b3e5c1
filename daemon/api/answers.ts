/** Errors as the API answers them: always `errorSchema`, never a stack or words of a library. */
import type { FastifyError } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { ErrorAnswer } from '../../shared/contract/answers.ts'
import { SCHEMA_VERSION } from '../../shared/contract/common.ts'
import { type ErrorCode, McpWatchError } from '../../shared/errors.ts'

export interface ErrorReply {
  readonly status: number
  readonly body: ErrorAnswer
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  USAGE: 400,
  UNKNOWN_SERVER: 404,
  UNKNOWN_CLIENT: 404,
  UNKNOWN_FINDING: 404,
  NO_DATA: 503,
  STATE_FOLDER: 503,
}

export function errorReply(
  status: number,
  code: string,
  message: string,
  hint: string | null = null,
): ErrorReply {
  return { status, body: { schemaVersion: SCHEMA_VERSION, error: { code, message, hint } } }
}

/** Which query parameter is wrong, in words of our own: a value of the request is not repeated. */
function wrongParameters(error: FastifyError): ErrorReply {
  const names = (error.validation ?? []).map(({ instancePath }) => instancePath.replace(/^\//, ''))
  const known = [...new Set(names)].filter((name) => /^[a-z]+$/i.test(name))
  const hint = 'docs/api.md lists the parameters of each route'
  const what = known.length === 0 ? 'a parameter is' : `${known.join(', ')}:`
  return errorReply(400, 'USAGE', `${what} not known here, or not of the right form`, hint)
}

/** The answer for anything that a route throws. */
export function replyFor(error: FastifyError | Error): ErrorReply {
  if (error instanceof McpWatchError) {
    return errorReply(STATUS[error.code] ?? 500, error.code, error.message, error.hint)
  }
  if (hasZodFastifySchemaValidationErrors(error)) return wrongParameters(error as FastifyError)
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (status !== undefined && status >= 400 && status < 500) {
    return errorReply(status, 'USAGE', 'the request cannot be read')
  }
  return errorReply(500, 'INTERNAL', 'the answer could not be made')
}
