/** What the tests of this folder read configuration with: a home that does not exist and a digest that shows nothing. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Candidate } from '../../../daemon/discover/candidate.ts'
import { clientCandidate, projectCandidate } from '../../../daemon/discover/candidate.ts'
import {
  type Config,
  parseConfig,
  readConfig,
  type Setting,
} from '../../../daemon/discover/read-config.ts'
import { CLIENTS } from '../../../shared/clients/table.ts'

export const HOME = '/home/someone'

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

export const setting: Setting = {
  home: HOME,
  digest,
  isFile: () => false,
  platform: 'linux',
}

export function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../fixtures/configs', name), 'utf8')
}

/** The candidate for a file of the client outside of projects, by its path or how that ends; `*` stands for `p`. */
export function own(clientId: string, pathEnd: string): Candidate {
  const client = CLIENTS.find(({ id }) => id === clientId)
  const file =
    client?.files.find(({ path }) => path === pathEnd) ??
    client?.files.find(({ path }) => path.endsWith(pathEnd))
  if (client === undefined || file === undefined)
    throw new Error(`no file of ${clientId} ends in ${pathEnd}`)
  const located = { client, file, folder: HOME, pattern: file.path }
  const stars = [...file.path.matchAll(/\*/g)].map(() => 'p')
  return clientCandidate(located, `${HOME}/${file.path.replaceAll('*', 'p')}`, stars)
}

/** The first of the client's project files, or the one whose path ends so. */
export function inProject(clientId: string, folder: string, pathEnd = ''): Candidate {
  const client = CLIENTS.find(({ id }) => id === clientId)
  const file = client?.projectFiles.find(({ path }) => path.endsWith(pathEnd))
  if (client === undefined || file === undefined) throw new Error(`no project file of ${clientId}`)
  return projectCandidate(client, file, `${folder}/${file.path.replaceAll('*', 'p')}`, folder)
}

/** Reads text that must parse. */
export function read(text: string, candidate: Candidate, over: Partial<Setting> = {}): Config {
  const parsed = parseConfig(text, candidate)
  if (!parsed.ok)
    throw new Error(`${parsed.problem.message} at ${JSON.stringify(parsed.problem.position)}`)
  return readConfig(parsed.document, candidate, { ...setting, ...over })
}
