/** `mcp-watch doctor`: what it has to work with on this machine, and what it cannot see. */
import { writeFileSync } from 'node:fs'
import { type ExitCode, McpWatchError } from '../../shared/errors.ts'
import { createApiClient } from '../api-client.ts'
import type { Entry, Io } from '../io.ts'
import { lookOf } from '../look.ts'
import { renderDoctor } from '../render/doctor.ts'
import { jsonText } from '../render/json.ts'
import { clean } from '../render/text.ts'

export interface DoctorOptions {
  readonly json?: boolean
  readonly bundle?: string
  readonly verbose?: boolean
}

type DaemonSeen = Parameters<Entry['examine']>[0]
type Bundle = ReturnType<Awaited<ReturnType<Entry['examine']>>['bundle']>

export async function doctor(options: DoctorOptions, io: Io): Promise<ExitCode> {
  const { json = false, bundle, verbose = false } = options
  const entry = await io.entry()
  const examination = await entry.examine(await seeDaemon(entry))
  const answer = examination.doctor
  if (bundle === undefined) {
    io.out(json ? jsonText(answer) : renderDoctor(answer, lookOf(io), verbose))
  } else {
    const made = examination.bundle()
    write(bundle, made)
    // With --json the answer alone is on standard output, so that it can be read by a program.
    if (json) io.out(jsonText(answer))
    else io.out(written(bundle, made))
  }
  return answer.possible ? 0 : 4
}

async function seeDaemon(entry: Entry): Promise<DaemonSeen> {
  const file = entry.locateDaemon()
  if (file === null) return null
  try {
    return { file, status: await createApiClient(file.socket).status() }
  } catch (error) {
    if (!(error instanceof McpWatchError)) throw error
    // Its process id may be a stranger's by now: then none runs.
    return error.code === 'NO_DAEMON' ? null : { file, status: null }
  }
}

/** Never over something that is there (`wx` follows no link either), and for nobody else to read. */
function write(path: string, { bytes }: Bundle): void {
  try {
    writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw code === 'EEXIST'
      ? new McpWatchError('USAGE', 'the file for the bundle exists already', {
          hint: 'give the name of a new one, such as mcp-watch.json.gz',
          cause,
        })
      : new McpWatchError('USAGE', `the bundle cannot be written there (${code ?? 'unknown'})`, {
          hint: 'give a file in a folder of yours that exists',
          cause,
        })
  }
}

function written(path: string, { bytes, contents }: Bundle): string {
  return [
    `Wrote ${clean(path)} (${Math.ceil(bytes.length / 1000)} kB). In it:`,
    ...contents.map((line) => `  - ${clean(line)}`),
    'Names of servers and of project folders are in it. Look at it before you share it:',
    `  gzip -dc ${shellPath(path)}`,
    '',
  ].join('\n')
}

function shellPath(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : 'FILE'
}
