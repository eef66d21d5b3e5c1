/** What a service file says of the program that it was written for, so that a change of either is noticed. Pure. */
import { z } from 'zod'

const recordSchema = z.object({
  /** Of mcp-watch. */
  version: z.string(),
  /** Absolute path of the Node that runs it. */
  node: z.string(),
  /** The ABI of that Node (`process.versions.modules`): native modules are built for one. */
  modules: z.string(),
  /** Absolute path of the script that is run. */
  program: z.string(),
})

export type ServiceRecord = z.infer<typeof recordSchema>

const MARK = 'mcp-watch-record: '
const MAX_CHARS = 8_192

/**
 * One line for a comment of a unit or a plist. A comment of XML may not hold two hyphens in a row (XML 1.0, 2.5), so a
 * hyphen is written as JSON's escape of it.
 */
export function recordText(record: ServiceRecord): string {
  const { version, node, modules, program } = record
  const json = JSON.stringify({ version, node, modules, program })
  return `${MARK}${json.replaceAll('-', '\\u002d')}`
}

/** The record in a service file's text; null where there is none that can be read. Total. */
export function parseRecord(text: string): ServiceRecord | null {
  const line = text.split('\n').find((each) => each.includes(MARK))
  if (line === undefined || line.length > MAX_CHARS) return null
  const json = line.slice(line.indexOf(MARK) + MARK.length)
  try {
    const end = json.lastIndexOf('}')
    return recordSchema.parse(JSON.parse(json.slice(0, end + 1)))
  } catch {
    return null
  }
}

/** What may be wrong with an installed service. Closed list. */
export const SERVICE_PROBLEMS = [
  'no-record',
  'node-gone',
  'program-gone',
  'node-changed',
  'other-version',
  'other-program',
] as const

export type ServiceProblem = (typeof SERVICE_PROBLEMS)[number]

export interface ServiceSurroundings {
  /** Of the mcp-watch that asks. */
  readonly version: string
  readonly program: string
  /** The ABI of the recorded Node as it is now; null where it is gone or cannot be run. */
  readonly modules: string | null
  readonly programExists: boolean
}

/** In the order of importance; none: the service runs what it was written for. */
export function serviceProblems(
  record: ServiceRecord | null,
  now: ServiceSurroundings,
): readonly ServiceProblem[] {
  if (record === null) return ['no-record']
  const found: ServiceProblem[] = []
  if (now.modules === null) found.push('node-gone')
  else if (now.modules !== record.modules) found.push('node-changed')
  if (!now.programExists) found.push('program-gone')
  else if (now.program !== record.program) found.push('other-program')
  if (now.version !== record.version) found.push('other-version')
  return found
}

/** A sentence for each; all but `no-record` are mended by installing the service again. */
export function problemSentence(problem: ServiceProblem, record: ServiceRecord | null): string {
  switch (problem) {
    case 'no-record':
      return 'the service file was not written by this program, or was changed'
    case 'node-gone':
      return `the Node that it runs is gone: ${record?.node ?? 'unknown'}`
    case 'program-gone':
      return `the program that it runs is gone: ${record?.program ?? 'unknown'}`
    case 'node-changed':
      return `the Node that it runs is of another ABI than at its installation (${record?.modules ?? 'unknown'}): native modules have to be built anew`
    case 'other-version':
      return `it was installed by mcp-watch ${record?.version ?? 'unknown'}`
    case 'other-program':
      return `it runs another copy of mcp-watch: ${record?.program ?? 'unknown'}`
  }
}
