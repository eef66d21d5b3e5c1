/** `mcp-watch explain --json` and GET /api/v1/explain: why a process is taken for a server, or is not. */
import { z } from 'zod'
import { QUALITIES, REASONS, ROLES } from '../model/attribution.ts'
import { packageRef, schemaVersion, time } from './common.ts'

/** What the process asked about is. `stranger` belongs to no server; `gone` is no process at all. */
export const PROCESS_PARTS = ['member', 'client', 'starter', 'stranger', 'gone'] as const

/** Why a process belongs to no server. Closed list; a sentence for each in daemon/query/explain-words.ts. */
export const RULED_OUT = [
  'gone',
  'is-client',
  'starts-server',
  'nothing-configured',
  'no-signature',
  'near-only',
  'title-not-believed',
  'other-user',
  'unreadable',
  'kernel-thread',
] as const

/** What kept an entry that came near from being it. Closed list, as above. */
export const NEAR_REASONS = [
  'arguments-differ',
  'other-program',
  'title-not-believed',
  'name-only-without-client',
  'other-client',
  'other-project',
  'switched-off',
  'fits-less',
] as const

const sentence = <T extends readonly [string, ...string[]]>(codes: T) =>
  z.object({ code: z.enum(codes), message: z.string() })

const clientAbove = z.object({ id: z.string(), pid: z.int() }).nullable()

/** What an entry runs, in words: never arguments, and of a path only the last part. */
export const signature = z.object({
  kind: z.enum(['package', 'image', 'script', 'module', 'binary', 'task', 'remote', 'none']),
  launcher: z.string().nullable().describe('what starts it, where that is not the server itself'),
  name: z.string().nullable().describe('null where it may hold a secret'),
  version: z.string().nullable(),
  arguments: z.int().describe('how many the server itself is given'),
  message: z.string(),
})

const nearEntry = z.object({
  serverId: z.string(),
  server: z.string(),
  client: z.string(),
  pid: z.int(),
  executable: z.string().nullable(),
  code: z.enum(NEAR_REASONS),
  message: z.string(),
})

export const explanationSchema = z.object({
  schemaVersion,
  generatedAt: time,
  /** When the processes were listed. */
  at: time,
  /** Who answers: the running daemon, which remembers, or one look at this moment. */
  source: z.enum(['daemon', 'look']),
  question: z.object({ pid: z.int().nullable(), server: z.string().nullable() }),
  /** Null when a server was asked about. */
  process: z
    .object({
      pid: z.int(),
      part: z.enum(PROCESS_PARTS),
      role: z.enum(ROLES).nullable(),
      parentPid: z.int().nullable(),
      uid: z.int().nullable(),
      executable: z.string().nullable(),
      script: z.string().nullable().describe('the last part of its path'),
      package: packageRef.nullable(),
      startedAt: time.nullable(),
      client: clientAbove,
      readable: z.boolean().nullable(),
    })
    .nullable(),
  /** The entries asked about, or those that the process belongs to. */
  servers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      client: z.string(),
      source: z.string(),
      scope: z.string(),
      transport: z.enum(['stdio', 'http', 'sse', 'ws']),
      disabled: z.boolean(),
      inClient: z
        .boolean()
        .describe('its client runs it inside itself, unless it shows as a process of its own'),
      signature,
    }),
  ),
  instances: z.array(
    z.object({
      serverIds: z.array(z.string()),
      rootPid: z.int(),
      startedAt: time,
      client: clientAbove,
      quality: sentence(QUALITIES),
      reasons: z.array(sentence(REASONS)),
      judged: z.boolean(),
      orphaned: z.boolean(),
      package: packageRef.nullable(),
      processes: z.array(
        z.object({
          pid: z.int(),
          role: z.enum(ROLES),
          executable: z.string().nullable(),
          readable: z.boolean(),
        }),
      ),
    }),
  ),
  ruledOut: z.array(sentence(RULED_OUT)),
  /** Entries, or processes, that came near, at most 20. */
  near: z.array(nearEntry),
})

export type Explanation = z.infer<typeof explanationSchema>
export type SignatureJson = z.infer<typeof signature>
export type NearJson = z.infer<typeof nearEntry>
export type RuledOut = (typeof RULED_OUT)[number]
export type NearReason = (typeof NEAR_REASONS)[number]

/** One of the two: a process id, or a server's name or id. */
export type Question = { readonly pid: number } | { readonly server: string }
