/** The policy file as it is written (docs/policy.md). Its JSON Schema for editors is made from this. */
import { z } from 'zod'
import { FINDING_KINDS, SEVERITIES } from '../model/judgement.ts'
import { DURATION_SHAPE } from '../text/duration.ts'
import { SIZE_SHAPE } from '../text/size.ts'

/** The expectations that a word stands for; a list of hosts is the fifth. */
export const EXPECT_WORDS = ['none', 'local-only', 'lan', 'open'] as const

const MOST_RULES = 1000
const MOST_HOSTS = 500
/** Names of servers are cut to 256 characters, of up to two units each. */
const MAX_NAME = 512

const until = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .describe(
    'When it ends: a day (to its end, UTC) like 2027-01-31, or a time like 2027-01-31T18:00:00Z',
  )

const mute = z
  .strictObject({
    kind: z.enum(FINDING_KINDS).describe('The kind of finding'),
    until: until.optional().describe('Without it, for ever'),
  })
  .describe('Findings that are recorded and not notified')

const name = (what: string): z.ZodOptional<z.ZodString> =>
  z.string().min(1).max(MAX_NAME).describe(what).optional()

const kept = (what: string): z.ZodOptional<z.ZodString> =>
  z.string().regex(DURATION_SHAPE).optional().describe(what)

const rule = z.strictObject({
  match: z
    .strictObject({
      name: name('The name of the server in its client’s configuration'),
      client: name('The id of the client, like "claude-desktop"'),
      package: name('The name of the npm or Python package that runs, without a version'),
      image: name('The container image that runs, without a tag'),
    })
    .describe('All given parts must agree'),
  expect: z
    .union([
      z.enum(EXPECT_WORDS),
      z
        .array(z.string())
        .max(MOST_HOSTS)
        .describe(
          'This machine, and these hosts: "api.github.com:443", ".github.com", "10.0.0.0/8"',
        ),
    ])
    .optional()
    .describe('Where it may connect to; without it the rule only mutes'),
  children: z
    .enum(['same', 'open'])
    .optional()
    .describe('What processes below the server may do: the same (so without it), or anything'),
  mute: z.array(mute).max(MOST_HOSTS).optional(),
  until: until.optional(),
  why: z.string().max(1000).optional().describe('For whoever reads it next'),
})

export const policyFileSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  defaults: z
    .strictObject({
      expectation: z
        .enum(EXPECT_WORDS)
        .optional()
        .describe('For servers that no rule matches and that are not known otherwise'),
    })
    .optional(),
  servers: z.array(rule).max(MOST_RULES).optional().describe('The first that matches counts'),
  names: z
    .strictObject({
      resolve: z
        .boolean()
        .optional()
        .describe('Ask the nameserver for the expected hosts of running servers'),
    })
    .optional(),
  notify: z
    .strictObject({
      desktop: z.boolean().optional().describe('Show desktop notifications'),
      minSeverity: z
        .enum(SEVERITIES)
        .optional()
        .describe('Findings below it are recorded and not notified'),
      coolDown: z
        .string()
        .regex(DURATION_SHAPE)
        .optional()
        .describe('How long to be silent about one server and kind, like "1h"'),
    })
    .optional(),
  retention: z
    .strictObject({
      connections: kept('Single connections, like "30d"'),
      hours: kept('Sums of each hour, like "90d"; at least as long as connections'),
      days: kept('Sums of each day, like "730d"; at least as long as hours'),
      findings: kept('Findings, from when they were last seen, like "365d"'),
      size: z
        .string()
        .regex(SIZE_SHAPE)
        .optional()
        .describe('How large the database may be, like "250MiB": beyond it the oldest go sooner'),
    })
    .optional()
    .describe('How long records are kept'),
})

export type PolicyFileJson = z.infer<typeof policyFileSchema>

/** The JSON Schema (draft 2020-12) as it is shipped in docs/policy.schema.json. */
export function policySchemaText(): string {
  const schema = z.toJSONSchema(policyFileSchema, { io: 'input' })
  const titled = { ...schema, title: 'mcp-watch policy' }
  return `${JSON.stringify(titled, null, 2)}\n`
}
