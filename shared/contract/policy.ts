/** What the `policy` commands answer with `--json`. */
import { z } from 'zod'
import { FINDING_KINDS, SEVERITIES } from '../model/judgement.ts'
import { schemaVersion, time } from './common.ts'
import { EXPECT_WORDS } from './policy-file.ts'

export const policyDiagnostic = z.object({
  severity: z.enum(['error', 'warning']),
  line: z.int().nullable().describe('from 1'),
  column: z.int().nullable().describe('from 1'),
  message: z.string().describe('what is wrong'),
  advice: z.string().nullable().describe('what to write instead'),
})

/** `policy path`. */
export const policyPathSchema = z.object({
  schemaVersion,
  path: z.string(),
  exists: z.boolean(),
  schema: z.string().nullable().describe('the JSON Schema for editors'),
})

/** `policy check`. */
export const policyCheckSchema = z.object({
  schemaVersion,
  path: z.string(),
  exists: z.boolean(),
  valid: z.boolean(),
  rules: z.int(),
  diagnostics: z.array(policyDiagnostic),
})

export const policyRule = z.object({
  match: z.object({
    name: z.string().nullable(),
    client: z.string().nullable(),
    package: z.string().nullable(),
    image: z.string().nullable(),
  }),
  expect: z.union([z.enum(EXPECT_WORDS), z.array(z.string())]).nullable(),
  children: z.enum(['same', 'open']).nullable(),
  mutes: z.array(z.object({ kind: z.enum(FINDING_KINDS), until: time.nullable() })),
  until: time.nullable(),
  expired: z.boolean(),
  why: z.string().nullable(),
})

/** `policy show`: what is in force. */
export const policyShowSchema = z.object({
  schemaVersion,
  path: z.string(),
  exists: z.boolean(),
  defaultExpectation: z.enum(EXPECT_WORDS),
  resolveNames: z.boolean(),
  notify: z.object({
    desktop: z.boolean(),
    minSeverity: z.enum(SEVERITIES),
    coolDownMs: z.int(),
  }),
  retention: z.object({
    connectionsMs: z.int(),
    hoursMs: z.int(),
    daysMs: z.int(),
    findingsMs: z.int(),
    maxBytes: z.int(),
  }),
  rules: z.array(policyRule),
})

/** `expect`, `allow`, `mute` and `unmute`. */
export const policyEditSchema = z.object({
  schemaVersion,
  path: z.string(),
  changed: z.boolean(),
  created: z.boolean().describe('the file did not exist'),
  message: z.string(),
})

export type PolicyDiagnostic = z.infer<typeof policyDiagnostic>
export type PolicyPath = z.infer<typeof policyPathSchema>
export type PolicyCheck = z.infer<typeof policyCheckSchema>
export type PolicyShow = z.infer<typeof policyShowSchema>
export type PolicyEditAnswer = z.infer<typeof policyEditSchema>
