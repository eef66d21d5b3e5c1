/**
 * What is taken from an engine's answers (Docker Engine API v1.41 to v1.47, and Podman's likeness of it). What is not
 * named here is dropped as soon as an answer is parsed: the environment above all.
 */
import { z } from 'zod'

/** Null where the text is no JSON or not of that shape. */
export function parseAs<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null) return null
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** What is empty is `null` with one engine, `[]` or left out with another. */
const words = z
  .array(z.string())
  .nullish()
  .transform((each) => each ?? [])

/** A container's, an image's. */
export const idSchema = z.string().regex(/^[0-9a-f]{64}$/)
const version = z.string().regex(/^\d{1,3}\.\d{1,3}$/)

/** GET /version */
export const versionSchema = z.object({
  ApiVersion: version,
  MinAPIVersion: version.catch('1.24'),
  KernelVersion: z.string().max(256).catch(''),
  Components: z.array(z.object({ Name: z.string() })).catch([]),
})

/** GET /containers/json?all=true. One that cannot be understood must not hide the others. */
export const listSchema = z.array(
  z
    .object({
      Id: idSchema,
      Names: z.array(z.string()).nullish(),
      Created: z.number().catch(0),
      State: z.string().catch(''),
    })
    .nullable()
    .catch(null),
)
export type Listed = NonNullable<z.infer<typeof listSchema>[number]>

const bindings = z
  .record(
    z.string(),
    z.array(z.object({ HostIp: z.string().catch(''), HostPort: z.string() })).nullable(),
  )
  .nullish()

/** GET /containers/ID/json */
export const inspectSchema = z.object({
  Id: idSchema,
  Name: z.string(),
  Created: z.string(),
  Image: z.string().catch(''),
  State: z.object({ Running: z.boolean(), Pid: z.int().nonnegative().catch(0) }),
  HostConfig: z.object({
    ContainerIDFile: z.string().catch(''),
    NetworkMode: z.string().catch(''),
  }),
  Config: z.object({
    Image: z.string(),
    Cmd: words,
    Entrypoint: words,
    OpenStdin: z.boolean().catch(false),
    StdinOnce: z.boolean().nullish().catch(null),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  NetworkSettings: z.object({ Ports: bindings.catch(null) }).catch({ Ports: null }),
  Mounts: z
    .array(
      z.object({
        Type: z.string().catch(''),
        Name: z.string().catch(''),
        Source: z.string().catch(''),
        Destination: z.string().catch(''),
      }),
    )
    .nullish()
    .catch(null),
})
export type Inspected = z.infer<typeof inspectSchema>

/** GET /images/ID/json */
export const imageSchema = z.object({
  Config: z.object({ Cmd: words, Entrypoint: words }),
})
export type ImageConfig = z.infer<typeof imageSchema>['Config']

/** GET /events, a line each. Podman says `remove` where Docker says `destroy`. */
export const eventSchema = z.object({
  Type: z.literal('container'),
  Action: z.enum(['create', 'start', 'die', 'destroy', 'remove', 'rename', 'restart']),
  Actor: z.object({ ID: idSchema }),
})
export type ContainerEvent = { readonly id: string; readonly isGone: boolean }

export function eventOf(line: string): ContainerEvent | null {
  const event = parseAs(eventSchema, line)
  if (event === null) return null
  return { id: event.Actor.ID, isGone: event.Action === 'destroy' || event.Action === 'remove' }
}
