/** `mcp-watch service status --json`. */
import { z } from 'zod'
import { SERVICE_PROBLEMS } from '../service/record.ts'
import { schemaVersion } from './common.ts'

export const SERVICE_STATES = ['running', 'starting', 'stopped', 'failed', 'unknown'] as const

const problems = z.array(z.object({ code: z.enum(SERVICE_PROBLEMS), message: z.string() }))

export const serviceStatusSchema = z.object({
  schemaVersion,
  manager: z.enum(['systemd', 'launchd']),
  scope: z.enum(['user', 'system']),
  /** What it is called to the manager. */
  service: z.string(),
  file: z.string(),
  installed: z.boolean(),
  state: z.enum(SERVICE_STATES),
  pid: z.int().nullable(),
  /** Null where the manager does not tell. */
  startsByItself: z.boolean().nullable(),
  /** Since it was started last by hand or at login; null where the manager does not tell. */
  restarts: z.int().nullable(),
  /** The manager's own word for how it ended last; null when all is well. */
  trouble: z.string().nullable(),
  /** Runs while the user is not logged in; null where that does not depend on it. */
  lingers: z.boolean().nullable(),
  /** What it was installed for, and what of that is not so any more; "service install" mends them all. */
  installedFor: z
    .object({ version: z.string(), node: z.string(), modules: z.string(), program: z.string() })
    .nullable(),
  problems,
  /** The capture service of the whole system; null where it is not installed. */
  exact: z
    .object({ service: z.string(), file: z.string(), state: z.enum(SERVICE_STATES), problems })
    .nullable(),
})

export type ServiceStatus = z.infer<typeof serviceStatusSchema>
