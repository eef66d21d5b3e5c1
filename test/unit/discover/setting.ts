/** What the tests of this folder read configuration with: a home that does not exist and a digest that shows nothing. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Candidate } from '../../../daemon/discover/candidate.ts'
import { clientCandidate, projectCandidates } from '../../../daemon/discover/candidate.ts'
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
}

export function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../fixtures/configs', name), 'utf8')
}

/** The candidate for a file of the client outside of projects, found by how its path ends. */
export function own(clientId: string, pathEnd: string): Candidate {
  for (const client of CLIENTS)
    for (const file of client.files)
      if (client.id === clientId && file.path.endsWith(pathEnd))
        return clientCandidate({ client, file, path: '' }, `${HOME}/${file.path}`, 'p')
  throw new Error(`no file of ${clientId} ends in ${pathEnd}`)
}

export function inProject(clientId: string, folder: string): Candidate {
  const found = projectCandidates(folder).find((candidate) => candidate.client.id === clientId)
  if (found === undefined) throw new Error(`${clientId} has no project files`)
  return found
}

/** Reads text that must parse. */
export function read(text: string, candidate: Candidate, over: Partial<Setting> = {}): Config {
  const parsed = parseConfig(text, candidate)
  if (!parsed.ok)
    throw new Error(`${parsed.problem.message} at ${JSON.stringify(parsed.problem.position)}`)
  return readConfig(parsed.document, candidate, { ...setting, ...over })
}
