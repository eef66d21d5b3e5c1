/** How the capture service is, for `service status`. */
import { existsSync } from 'node:fs'
import type { ServiceStatus } from '../../shared/contract/service.ts'
import { CAPTURE_UNIT, CAPTURE_UNIT_PATH } from '../../shared/service/places.ts'
import { parseRecord, problemSentence, serviceProblems } from '../../shared/service/record.ts'
import { readInstalled } from './carry-out.ts'
import { askExact, parseExactState } from './exact.ts'
import type { Host } from './gather.ts'
import type { ServiceState } from './state.ts'

/** Null where systemd is not there. */
export async function exactState(host: Pick<Host, 'run'>): Promise<ServiceState | null> {
  const answer = await host.run(askExact.argv, askExact.as)
  return answer === null ? null : parseExactState(answer.stdout, answer.code)
}

/** Null where it is not installed. */
export async function exactStatus(
  host: Host,
  path: string = CAPTURE_UNIT_PATH,
): Promise<ServiceStatus['exact']> {
  if (host.platform !== 'linux') return null
  const text = readInstalled(host, 'system', path)
  if (text === null) return null
  const record = parseRecord(text)
  const problems = serviceProblems(record, {
    version: host.program.version,
    // It runs a copy that only root can write, which need not be the one that asks.
    program: record?.program ?? '',
    modules: record === null ? null : await host.modulesOf(record.node),
    programExists: record !== null && existsSync(record.program),
  })
  return {
    service: CAPTURE_UNIT,
    file: path,
    state: (await exactState(host))?.active ?? 'unknown',
    problems: problems.map((code) => ({ code, message: problemSentence(code, record) })),
  }
}
