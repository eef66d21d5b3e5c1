/** The two routes that change something: records are removed. On the Unix socket only, which is the user's alone. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import {
  type DataChange,
  dataChangeSchema,
  type EraseRequest,
  eraseRequestSchema,
  type PruneRequest,
  pruneRequestSchema,
} from '../../shared/contract/data.ts'
import { errorReply } from './answers.ts'

/** Throws McpWatchError: UNKNOWN_SERVER, UNKNOWN_CLIENT, USAGE, STATE_FOLDER. */
export interface DataDesk {
  prune(request: PruneRequest): Promise<DataChange>
  erase(request: EraseRequest): Promise<DataChange>
}

export function addDataRoutes(app: FastifyInstance, desk: DataDesk): void {
  const routes = app.withTypeProvider<ZodTypeProvider>()
  const response = { 200: dataChangeSchema }
  routes.post(
    '/api/v1/data/prune',
    { schema: { body: pruneRequestSchema, response }, onRequest: onlyFromSocket },
    ({ body }) => desk.prune(body),
  )
  routes.post(
    '/api/v1/data/erase',
    { schema: { body: eraseRequestSchema, response }, onRequest: onlyFromSocket },
    ({ body }) => desk.erase(body),
  )
}

/** A peer over TCP has an address. Whoever holds the token may read; to remove records the command is needed. */
async function onlyFromSocket(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.raw.socket.remoteAddress === undefined) return
  const { status, body } = errorReply(403, 'FORBIDDEN', 'records are not removed over TCP')
  await reply.code(status).send(body)
}
