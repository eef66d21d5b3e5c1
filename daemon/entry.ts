/** What the command line may ask of the daemon. It imports this file alone, and only inside the command that needs it. */
import { knownClients as clientsOf, type KnownClient } from '../shared/clients/paths.ts'
import type { DaemonFile } from '../shared/contract/answers.ts'
import { asUserNow } from './host/as-user.ts'
import { locateDaemon as locate } from './host/daemon-file.ts'
import { foldersOf } from './host/folders.ts'
import { thisWorld } from './host/world.ts'
import { type Archive, openArchive as openArchiveIn } from './query/archive.ts'

export type { DaemonOptions, RunningDaemon } from './run-daemon.ts'
export type { KnownClient }

/** Starts to watch; resolves when the API answers. Loaded apart: reading an answer needs no engine. */
export const runDaemon: typeof import('./run-daemon.ts').runDaemon = async (options) => {
  const daemon = await import('./run-daemon.ts')
  return await daemon.runDaemon(options)
}

/** One look without daemon and database. */
export const scanOnce: typeof import('./scan-once.ts').scanOnce = async (options) => {
  const scan = await import('./scan-once.ts')
  return await scan.scanOnce(options)
}

/** Why a process is taken for a server or not, from one look. */
export const explain: typeof import('./explain-once.ts').explainOnce = async (question) => {
  const { explainOnce } = await import('./explain-once.ts')
  return await explainOnce(question)
}

/** What there is to work with on this machine, for `doctor`. */
export const examine: typeof import('./run-doctor.ts').examine = async (daemon) => {
  const doctor = await import('./run-doctor.ts')
  return await doctor.examine(daemon)
}

/** This machine as `service` has to know it. */
export async function serviceHost(): Promise<import('./service-host.ts').ServiceHost> {
  const host = await import('./service-host.ts')
  return host.serviceHost()
}

/** Throws DECISION_REFUSED where this process descends from a watched server. */
export const refuseDecisionBelowServer: typeof import('./decide-once.ts').refuseDecisionBelowServer =
  async (known) => {
    const decide = await import('./decide-once.ts')
    await decide.refuseDecisionBelowServer(known)
  }

/** What is kept, and how much of it. Throws McpWatchError NO_DATA. */
export async function dataStats(): Promise<import('../shared/contract/data.ts').DataStats> {
  return (await import('./data-once.ts')).dataStats()
}

/** Every record, for `data export`. Throws McpWatchError NO_DATA. */
export function openRecords(): Pick<Archive, 'exported' | 'close'> {
  return openArchive()
}

/** Removing records while no daemon runs. */
export const changeData: typeof import('./data-once.ts').changeData = async (work) => {
  const data = await import('./data-once.ts')
  return await data.changeData(work)
}

/** What the daemon recorded, read without it. Throws McpWatchError NO_DATA. */
export function openArchive(): Archive {
  return openArchiveIn({ folder: stateFolder() })
}

/** The policy file: checking, showing and changing it. */
export async function openPolicy(): Promise<import('./policy/entry-policy.ts').PolicyDesk> {
  const { createPolicyDesk } = await import('./policy/entry-policy.ts')
  const { env, home, owner } = thisWorld()
  const desk = createPolicyDesk({ env, home, wallMs: Date.now })
  // A policy file that sudo wrote is its user's all the same.
  return { ...desk, decide: (...asked) => asUserNow(owner, () => desk.decide(...asked)) }
}

/** The daemon that `daemon.json` names, if its process lives. */
export function locateDaemon(): DaemonFile | null {
  return locate(stateFolder())
}

/** The clients that are looked for on this system. */
export function knownClients(): readonly KnownClient[] {
  const platform = process.platform === 'darwin' ? 'darwin' : 'linux'
  const { env, home } = thisWorld()
  return clientsOf({ platform, env, home })
}

function stateFolder(): string {
  const { env, home } = thisWorld()
  return foldersOf(env, home).state
}
