/** The HTTP interface: routes under /api/v1, parameters checked and answers serialised by the schemas of the contract. */
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  connectionsSchema,
  destinationsSchema,
  findingsSchema,
  type Health,
  healthSchema,
  type Status,
  serversSchema,
  statusSchema,
} from '../../shared/contract/answers.ts'
import {
  type Explanation,
  explanationSchema,
  type Question,
} from '../../shared/contract/explain.ts'
import { findingDetailSchema } from '../../shared/contract/finding-detail.ts'
import { historySchema } from '../../shared/contract/history.ts'
import { reportSchema } from '../../shared/contract/report.ts'
import type { Log } from '../ports.ts'
import type { Archive } from '../query/archive.ts'
import { parseWindow } from '../query/window.ts'
import { type ErrorReply, errorReply, replyFor } from './answers.ts'
import { addDataRoutes, type DataDesk } from './data-routes.ts'

export interface ApiDeps {
  readonly archive: Archive
  readonly status: () => Promise<Status>
  readonly health: () => Health
  /** Without it there is no such route. Throws UNKNOWN_SERVER. */
  readonly explain?: (question: Question) => Explanation
  /** Without it there are no such routes. */
  readonly data?: DataDesk
  readonly log: Log
  /** Wall time in epoch ms. */
  readonly now?: () => number
}

const text = z.string().min(1).max(1024)
const MAX_LIMIT = 10_000
/** As long as changes are kept. */
const HISTORY_SINCE = '365d'

/** One of each: a parameter given twice is refused, as is one that is not known. */
const windowQuery = z.strictObject({
  since: z.string().max(32).optional(),
  from: z.string().max(40).optional(),
  to: z.string().max(40).optional(),
  server: text.optional(),
  client: text.optional(),
})
const connectionsQuery = windowQuery.extend({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,5}$/)
    .transform(Number)
    .pipe(z.int().max(MAX_LIMIT))
    .default(1_000),
})
const historyQuery = z.strictObject({
  since: z.string().max(32).optional(),
  server: text,
  client: text.optional(),
})
const noQuery = z.strictObject({})
const explainQuery = z.union([
  z.strictObject({
    pid: z
      .string()
      .regex(/^[1-9]\d{0,8}$/)
      .transform(Number),
  }),
  z.strictObject({ server: text }),
])
const findingParams = z.strictObject({ id: z.string().regex(/^[0-9a-f]{1,16}$/i) })

function send(reply: FastifyReply, { status, body }: ErrorReply): FastifyReply {
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(body)
}

function bareApp(log: Log): FastifyInstance {
  const app = fastify({
    // Request lines hold what was asked for; the handler below logs a code alone.
    logger: false,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    requestTimeout: 10_000,
    bodyLimit: 1_024,
    clientErrorHandler: (_error, socket) => {
      const body = JSON.stringify(errorReply(400, 'USAGE', 'the request cannot be read').body)
      const head = `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: ${body.length}`
      if (socket.writable) socket.end(`${head}\r\nContent-Type: application/json\r\n\r\n${body}`)
      else socket.destroy()
    },
    frameworkErrors: (error, _request, reply) => {
      void send(reply as FastifyReply, replyFor(error))
    },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setNotFoundHandler((_request, reply) =>
    send(reply, errorReply(404, 'NOT_FOUND', 'there is no such route')),
  )
  app.setErrorHandler((error: Error, _request, reply) => {
    const answer = replyFor(error)
    if (answer.status >= 500) log.warn({ code: answer.body.error.code }, 'a request failed')
    return send(reply, answer)
  })
  return app
}

/** Plain function: listening (and what a listener needs, such as a check of Host) is the caller's. */
export function createApi(deps: ApiDeps): FastifyInstance {
  const { archive, status, health, log, now = Date.now } = deps
  const app = bareApp(log)
  const routes = app.withTypeProvider<ZodTypeProvider>()
  const schema = <Q, A>(querystring: Q, answer: A): { querystring: Q; response: { 200: A } } => ({
    querystring,
    response: { 200: answer },
  })
  routes.get('/api/v1/health', { schema: schema(noQuery, healthSchema) }, () => health())
  routes.get('/api/v1/status', { schema: schema(noQuery, statusSchema) }, () => status())
  routes.get('/api/v1/servers', { schema: schema(noQuery, serversSchema) }, () => archive.servers())
  routes.get('/api/v1/report', { schema: schema(windowQuery, reportSchema) }, ({ query }) =>
    archive.report(parseWindow(query, now()), query),
  )
  routes.get(
    '/api/v1/destinations',
    { schema: schema(windowQuery, destinationsSchema) },
    ({ query }) => archive.destinations(parseWindow(query, now()), query),
  )
  routes.get(
    '/api/v1/connections',
    { schema: schema(connectionsQuery, connectionsSchema) },
    ({ query }) => archive.connections(parseWindow(query, now()), query, query.limit),
  )
  routes.get('/api/v1/findings', { schema: schema(windowQuery, findingsSchema) }, ({ query }) =>
    archive.findings(parseWindow(query, now()), query),
  )
  routes.get('/api/v1/history', { schema: schema(historyQuery, historySchema) }, ({ query }) =>
    archive.history(parseWindow({ since: HISTORY_SINCE, ...query }, now()), query),
  )
  routes.get(
    '/api/v1/findings/:id',
    { schema: { ...schema(noQuery, findingDetailSchema), params: findingParams } },
    ({ params }) => archive.finding(params.id),
  )
  const { explain, data } = deps
  if (data !== undefined) addDataRoutes(app, data)
  if (explain !== undefined) {
    routes.get(
      '/api/v1/explain',
      { schema: schema(explainQuery, explanationSchema) },
      ({ query }) => explain(query),
    )
  }
  return app
}
