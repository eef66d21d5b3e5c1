/** Turns ticks into events, remembering what was told already. */

import { NAMED_CLIENTS } from '../../shared/clients/table.ts'
import type { WatchEvent } from '../../shared/contract/answers.ts'
import type { Finding } from '../../shared/model/judgement.ts'
import type { Discovery } from '../../shared/model/server.ts'
import { VERSION } from '../../shared/version.ts'
import type { View } from '../pipeline.ts'
import { configurationKey, eventsOf, type Told } from './events.ts'

export interface EventLog {
  started(discovery: Discovery, engine: string, time: string): void
  tick(view: View): void
}

/** `findings`: what an earlier run has told; a restart repeats none of it. */
export function createEventLog(
  findings: readonly Finding[],
  onEvent: (event: WatchEvent) => void,
): EventLog {
  let before: Told = {
    configuration: '',
    files: null,
    servers: null,
    diagnostics: new Set(),
    running: new Map(),
    told: new Map(findings.map(({ id, severity }) => [id, severity])),
  }
  return {
    started(discovery, engine, time) {
      const { files, servers } = discovery
      before = { ...before, configuration: configurationKey(discovery) }
      onEvent({
        event: 'started',
        time,
        version: VERSION,
        pid: process.pid,
        engine,
        configurations: [...files],
        clients: servers.length === 0 ? NAMED_CLIENTS.map(({ name }) => name) : [],
      })
    },
    tick(view) {
      const now = eventsOf(before, view)
      before = now
      for (const event of now.events) onEvent(event)
    },
  }
}
