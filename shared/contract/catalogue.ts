/** `mcp-watch catalog --json`: what is built in of known servers. */
import { z } from 'zod'
import { schemaVersion } from './common.ts'

const names = z.array(z.string())
const hostTexts = z
  .array(z.string())
  .describe('as in the policy file: host, .suffix, address or range, with or without port')

export const catalogueSchema = z.object({
  schemaVersion,
  servers: z.array(
    z.object({
      npm: names,
      pypi: names,
      image: names,
      binaries: names,
      expectation: z.enum(['local-only', 'lan', 'rules', 'open']),
      hosts: hostTexts,
      children: z.enum(['same', 'open']),
      telemetry: hostTexts,
      configured: z.boolean().describe('its user may point it at a host of their own'),
      source: z.string(),
    }),
  ),
})

export type CatalogueJson = z.infer<typeof catalogueSchema>
