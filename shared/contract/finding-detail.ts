/** `mcp-watch findings ID --json` and GET /api/v1/findings/:id: one finding with what speaks for it. */
import { z } from 'zod'
import { connectionsSchema } from './answers.ts'
import { finding, schemaVersion, server } from './common.ts'

export const findingDetailSchema = z.object({
  schemaVersion,
  finding,
  server: server.pick({
    id: true,
    name: true,
    client: true,
    source: true,
    scope: true,
    package: true,
    expectation: true,
    expectationSource: true,
  }),
  /** The connections it is about, the latest first. Empty for a finding that is about none. */
  connections: connectionsSchema.shape.connections,
  /** True when there were more; the newest are kept. */
  truncated: z.boolean(),
})

export type FindingDetail = z.infer<typeof findingDetailSchema>
