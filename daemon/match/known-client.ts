import type { Process } from '../../shared/model/process.ts'

/** A running client: its id in shared/clients, and the process. */
export interface KnownClient {
  readonly id: string
  readonly process: Process
}
