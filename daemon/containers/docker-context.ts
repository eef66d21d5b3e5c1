/**
 * The host of Docker's current context: `currentContext` of config.json, then contexts/meta/SHA-256 of its
 * name/meta.json (docker-context(1)). DOCKER_CONTEXT and DOCKER_CONFIG count as they do for Docker's command.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { parseAs } from './answers.ts'
import type { ReadSmallFile } from './small-file.ts'

const MAX_BYTES = 256 * 1024

const configSchema = z.object({ currentContext: z.string().max(256).optional() })
const metaSchema = z.object({
  Endpoints: z.object({ docker: z.object({ Host: z.string().max(4096) }) }),
})

/** Null for the built-in context, and where what is written cannot be understood. */
export function currentContextHost(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
  read: ReadSmallFile,
): string | null {
  const folder = env['DOCKER_CONFIG']?.startsWith('/') ? env['DOCKER_CONFIG'] : `${home}/.docker`
  const named = env['DOCKER_CONTEXT']
  const config = named ? null : parseAs(configSchema, read(`${folder}/config.json`, MAX_BYTES))
  const context = named || config?.currentContext
  if (!context || context === 'default') return null
  const digest = createHash('sha256').update(context).digest('hex')
  const meta = parseAs(metaSchema, read(`${folder}/contexts/meta/${digest}/meta.json`, MAX_BYTES))
  return meta?.Endpoints.docker.Host ?? null
}
