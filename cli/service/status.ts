/** What `service status` tells, put together. */
import { SCHEMA_VERSION } from '../../shared/contract/common.ts'
import type { ServiceStatus } from '../../shared/contract/service.ts'
import { parseRecord, problemSentence, serviceProblems } from '../../shared/service/record.ts'
import type { ServiceFacts } from './facts.ts'
import type { Manager } from './manager.ts'
import type { ServiceState } from './state.ts'

export interface StatusInput {
  readonly facts: ServiceFacts
  readonly manager: Pick<Manager, 'name' | 'service' | 'path'>
  /** Of the installed file; null when there is none. */
  readonly text: string | null
  /** Null where the manager is not there. */
  readonly state: ServiceState | null
  readonly lingers: boolean | null
  /** Null for a Node that is gone. */
  readonly modulesOf: (node: string) => Promise<string | null>
  readonly exists: (path: string) => boolean
  readonly exact: ServiceStatus['exact']
}

export async function serviceStatus(input: StatusInput): Promise<ServiceStatus> {
  const { facts, manager, text, state } = input
  const record = text === null ? null : parseRecord(text)
  const problems =
    text === null
      ? []
      : serviceProblems(record, {
          version: facts.record.version,
          program: facts.record.program,
          modules: record === null ? null : await input.modulesOf(record.node),
          programExists: record !== null && input.exists(record.program),
        })
  return {
    schemaVersion: SCHEMA_VERSION,
    manager: manager.name,
    scope: facts.scope,
    service: manager.service,
    file: manager.path,
    installed: text !== null,
    state: state?.active ?? 'unknown',
    pid: state?.pid ?? null,
    startsByItself: state?.startsByItself ?? null,
    restarts: state?.restarts ?? null,
    trouble: state?.trouble ?? null,
    lingers: input.lingers,
    installedFor: record,
    problems: problems.map((code) => ({ code, message: problemSentence(code, record) })),
    exact: input.exact,
  }
}
