/** Whether mcp-watch is installed as a service, and whether what that runs is still there. Writes nothing. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Facts } from '../../shared/contract/doctor.ts'
import { plistPath, systemUnitPath, userUnitPath } from '../../shared/service/places.ts'
import { parseRecord, problemSentence, serviceProblems } from '../../shared/service/record.ts'
import type { RunTool } from '../capture/run-tool.ts'
import { readBeginning } from './read-part.ts'

const PATIENCE_MS = 5_000

export interface ServiceInput {
  readonly platform: 'linux' | 'darwin'
  readonly uid: number
  readonly home: string
  /** `$XDG_CONFIG_HOME`, or what counts in its place. */
  readonly config: string
  readonly version: string
  readonly runTool: RunTool
}

/** Null where it is not installed. */
export async function serviceFacts(input: ServiceInput): Promise<Facts['service']> {
  const { platform, uid, home, config } = input
  const places =
    platform === 'linux'
      ? // The user's service manager may not know of the variable that moves the folder.
        [userUnitPath(config), userUnitPath(join(home, '.config')), systemUnitPath(uid)]
      : [plistPath(home)]
  for (const file of places) {
    const text = readBeginning(file)
    if (text === null) continue
    const record = parseRecord(text)
    const problems = serviceProblems(record, {
      version: input.version,
      // Which copy of the program is asking means nothing to the service.
      program: record?.program ?? '',
      modules: record === null ? null : await modulesOf(record.node, input.runTool),
      programExists: record !== null && existsSync(record.program),
    })
    return { file, problems: problems.map((each) => problemSentence(each, record)) }
  }
  return null
}

/** The ABI of a Node (`process.versions.modules`) as it is now; null when it cannot be run. */
export async function modulesOf(node: string, runTool: RunTool): Promise<string | null> {
  if (node === process.execPath) return existsSync(node) ? process.versions.modules : null
  try {
    const { code, stdout } = await runTool(node, ['-p', 'process.versions.modules'], {
      timeoutMs: PATIENCE_MS,
    })
    return code === 0 && /^\d+\s*$/.test(stdout) ? stdout.trim() : null
  } catch {
    return null
  }
}
