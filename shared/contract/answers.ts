/** The other JSON answers: of the API (GET /api/v1/…) and of the commands' `--json`. */
import { z } from 'zod'
import { OUTCOMES } from '../model/outcome.ts'
import {
  bytes,
  coverage,
  destination,
  finding,
  instance,
  oneOf,
  schemaVersion,
  server,
  time,
} from './common.ts'

export const healthSchema = z.object({
  schemaVersion,
  status: z.enum(['ok', 'not-storing', 'not-watching']),
  version: z.string(),
  pid: z.int(),
  startedAt: time,
  lastTickAt: time.nullable(),
})

export const serversSchema = z.object({ schemaVersion, servers: z.array(server) })

export const destinationsSchema = z.object({
  schemaVersion,
  from: time,
  to: time,
  destinations: z.array(destination.extend({ serverId: z.string(), server: z.string() })),
})

export const connectionsSchema = z.object({
  schemaVersion,
  from: time,
  to: time,
  /** True when there were more than the limit; the newest are kept. */
  truncated: z.boolean(),
  connections: z.array(
    destination
      .pick({
        protocol: true,
        address: true,
        port: true,
        direction: true,
        names: true,
        scope: true,
        trafficClass: true,
        verdict: true,
        reason: true,
        relayed: true,
        inherited: true,
        firstSeen: true,
        lastSeen: true,
      })
      .extend({
        id: z.string(),
        serverId: z.string(),
        server: z.string(),
        outcome: z.enum(OUTCOMES),
        owner: z
          .object({ pid: z.int(), role: z.string(), executable: z.string().nullable() })
          .nullable(),
        openedBefore: z.boolean(),
        closedAt: time.nullable(),
        bytes: bytes.nullable(),
      }),
  ),
})

export const findingsSchema = z.object({
  schemaVersion,
  from: time,
  to: time,
  findings: z.array(finding),
})

export const usage = z.object({ cpuPercent: z.number(), memoryBytes: z.int() })

/** What is running now: `mcp-watch status` and GET /api/v1/status. */
export const statusSchema = z.object({
  schemaVersion,
  daemon: healthSchema.omit({ schemaVersion: true }),
  engine: z.object({
    name: z.string(),
    intervalMs: z.int().nullable(),
    expectedRecall: z.number(),
    degraded: coverage.shape.degraded,
  }),
  configurations: z.array(z.object({ client: z.string(), file: z.string(), servers: z.int() })),
  diagnostics: z.array(
    z.object({
      client: z.string(),
      file: z.string(),
      line: z.int().nullable(),
      column: z.int().nullable(),
      message: z.string(),
    }),
  ),
  servers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      client: z.string(),
      state: server.shape.state,
      expectation: server.shape.expectation,
      instances: z.array(instance.extend({ processes: z.int(), usage: usage.nullable() })),
      openConnections: z.int(),
      unexpected: z.int().describe('destinations now open with verdict unexpected'),
      unknown: z.int(),
      settle: z
        .string()
        .nullable()
        .describe('the command that decides about the worst open destination'),
      lastFinding: finding.nullable(),
      reached: server.shape.reached,
    }),
  ),
})

/** `mcp-watch scan --json`: one look, no daemon, no database. */
export const scanSchema = z.object({
  schemaVersion,
  generatedAt: time,
  configurations: statusSchema.shape.configurations,
  diagnostics: statusSchema.shape.diagnostics,
  coverage,
  servers: z.array(server.extend({ destinations: z.array(destination) })),
  findings: z.array(finding),
})

/** One line of `mcp-watch start` when its output is not a terminal; `event` tells what the rest is. */
export const eventSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('started'),
    time,
    version: z.string(),
    pid: z.int(),
    engine: z.string(),
    configurations: statusSchema.shape.configurations,
    clients: z.array(z.string()).describe('clients it knows; given when nothing is configured'),
  }),
  z.object({
    event: z.literal('configuration'),
    time,
    configurations: statusSchema.shape.configurations,
    servers: z.int(),
  }),
  z.object({
    event: z.literal('diagnostic'),
    time,
    client: z.string(),
    file: z.string(),
    line: z.int().nullable(),
    column: z.int().nullable(),
    message: z.string(),
  }),
  z.object({
    event: z.enum(['instance-started', 'instance-ended']),
    time,
    serverId: z.string(),
    server: z.string(),
    client: z.string(),
    oneOf,
    rootPid: z.int(),
    quality: z.string(),
  }),
  z.object({
    event: z.enum(['connection-opened', 'connection-closed']),
    time,
    serverId: z.string(),
    server: z.string(),
    client: z.string(),
    protocol: z.enum(['tcp', 'udp']),
    address: z.string(),
    port: z.int(),
    direction: z.enum(['outbound', 'inbound']),
    scope: z.string(),
    trafficClass: z.string(),
    verdict: z.string(),
    reason: z.string(),
    pid: z.int().nullable(),
    role: z.string().nullable(),
  }),
  z.object({ event: z.literal('finding'), time, finding }),
  z.object({
    event: z.enum(['gap', 'degraded', 'recovered', 'store-failed', 'store-recovered', 'stopped']),
    time,
    reason: z.string(),
  }),
])

/** `daemon.json` in the state folder: how the command line finds the daemon. */
export const daemonFileSchema = z.object({
  pid: z.int().positive(),
  startedAt: time,
  version: z.string(),
  socket: z.string(),
  port: z.int().nullable(),
})

/** The body of every API answer that is not 2xx, and of a failed command's `--json`. */
export const errorSchema = z.object({
  schemaVersion,
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }),
})

export type Health = z.infer<typeof healthSchema>
export type Servers = z.infer<typeof serversSchema>
export type Destinations = z.infer<typeof destinationsSchema>
export type Connections = z.infer<typeof connectionsSchema>
export type Findings = z.infer<typeof findingsSchema>
export type Status = z.infer<typeof statusSchema>
export type Scan = z.infer<typeof scanSchema>
export type WatchEvent = z.infer<typeof eventSchema>
export type DaemonFile = z.infer<typeof daemonFileSchema>
export type ErrorAnswer = z.infer<typeof errorSchema>
