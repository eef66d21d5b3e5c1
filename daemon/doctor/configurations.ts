/** Which configuration files were read, which could not be, and where else was looked. Pure. */
import { addressesHere } from '../../shared/address/this-machine.ts'
import type { KnownClient } from '../../shared/clients/paths.ts'
import type { Doctor } from '../../shared/contract/doctor.ts'
import type { Diagnostic, Discovery, Server } from '../../shared/model/server.ts'
import { createSignature } from '../match/signature.ts'

export type ConfigurationFacts = Doctor['configurations']

export interface ConfigurationInput {
  readonly known: readonly KnownClient[]
  /** As the running daemon has it, which knows the projects' files too; else as just read. */
  readonly found: Pick<ConfigurationFacts, 'read' | 'diagnostics'>
  readonly servers: readonly Server[]
  /** Client ids of the processes that are clients, one a process. */
  readonly running: readonly string[]
}

export function configurationFacts(input: ConfigurationInput): ConfigurationFacts {
  const { known, found, servers, running } = input
  const there = [...found.read, ...found.diagnostics].map(({ file }) => file)
  const absent = known.flatMap(({ id, paths }) =>
    paths
      .filter((path) => !there.some((file) => fits(path, file)))
      .map((path) => ({ client: id, path })),
  )
  const readOf = new Set(found.read.map(({ client }) => client))
  const counts = new Map<string, number>()
  for (const client of running) counts.set(client, (counts.get(client) ?? 0) + 1)
  return {
    read: found.read,
    diagnostics: found.diagnostics.map(withoutAdvice),
    absent,
    projectFiles: [...new Set(known.flatMap(({ projectPaths }) => projectPaths))].sort(),
    running: [...counts]
      .map(([client, processes]) => ({ client, processes, read: readOf.has(client) }))
      .sort((a, b) => (a.client < b.client ? -1 : 1)),
    servers: {
      stdio: servers.filter((server) => !isRemote(server)).length,
      remote: servers.filter(isRemote).length,
      container: servers.filter(isImage).length,
    },
  }
}

/** One that listens at a loopback address is of this machine too. */
function isRemote({ transport, endpoint }: Server): boolean {
  if (transport === 'stdio') return false
  return endpoint === null || addressesHere(endpoint.host, new Set()) === null
}

export function foundIn(
  { files, diagnostics }: Pick<Discovery, 'files' | 'diagnostics'>,
  policy: Pick<Discovery, 'diagnostics'>,
): ConfigurationInput['found'] {
  return { read: [...files], diagnostics: [...policy.diagnostics, ...diagnostics] }
}

/** What to write instead is made of what is written; that may not go into a bug report. */
function withoutAdvice(diagnostic: Diagnostic): Diagnostic {
  if (diagnostic.client !== 'policy') return diagnostic
  const [message = ''] = diagnostic.message.split(': ')
  return { ...diagnostic, message }
}

/** A place may hold `*`, each within one segment. */
function fits(place: string, file: string): boolean {
  if (!place.includes('*')) return place === file
  const [wanted, there] = [place.split('/'), file.split('/')]
  return (
    wanted.length === there.length &&
    wanted.every((segment, index) => {
      const [before = '', after] = segment.split('*')
      const name = there[index] ?? ''
      if (after === undefined) return segment === name
      const room = name.length >= before.length + after.length
      return room && name.startsWith(before) && name.endsWith(after)
    })
  )
}

function isImage(server: Server): boolean {
  return createSignature(server)?.invocation.core.kind === 'image'
}
