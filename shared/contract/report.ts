/** `mcp-watch report --json` and GET /api/v1/report. */
import { z } from 'zod'
import { coverage, destination, finding, schemaVersion, server, time } from './common.ts'

export const reportSchema = z.object({
  schemaVersion,
  generatedAt: time,
  from: time,
  to: time,
  coverage,
  servers: z.array(server.extend({ destinations: z.array(destination) })),
  findings: z.array(finding),
})

export type Report = z.infer<typeof reportSchema>
