/** From the files as they stand to the discovery that the rest of the program gets. */
import { declaresServers } from '../../shared/clients/paths.ts'
import type { Diagnostic, Discovery, Server } from '../../shared/model/server.ts'
import type { Packages } from '../ports.ts'
import type { Candidate } from './candidate.ts'
import { withoutCopies } from './copies.ts'
import type { Problem } from './document.ts'
import { findScript } from './find-script.ts'
import type { ServerDraft } from './read-config.ts'
import type { Sweep } from './sweep.ts'
import { isLeftOut } from './switches.ts'

/** Looks for the servers' scripts on disk, which may have come or gone since the files were read. */
export function assemble({ tracked, overflows }: Sweep, packages: Packages): Discovery {
  const files = [...tracked.values()]
  const off = new Set(
    files.flatMap(({ candidate, config }) =>
      (config?.switchedOff ?? []).map(([scope, name]) =>
        switchKey(candidate.client.id, scope, name),
      ),
    ),
  )
  const only = files.flatMap(({ candidate, config }) =>
    (config?.only ?? []).map((list) => ({ client: candidate.client.id, list })),
  )
  const isSwitched = (server: Server): boolean =>
    [
      [server.scope, server.name],
      [server.scope, null],
      [null, server.name],
    ].some(([scope = null, name = null]) => off.has(switchKey(server.client, scope, name)))
  const isOff = (server: Server): boolean =>
    (off.size > 0 && isSwitched(server)) ||
    only.some(({ client, list }) => client === server.client && isLeftOut(list, server))
  const withoutOwnNode = new Set(
    files.flatMap(({ candidate, config }) =>
      config?.ownNode === 'never' ? candidate.client.id : [],
    ),
  )
  const finish = ({ server: { inClient, ...server }, scriptPaths }: ServerDraft): Server => ({
    ...server,
    ...(inClient && !withoutOwnNode.has(server.client) ? { inClient } : {}),
    launch:
      server.launch === null
        ? null
        : { ...server.launch, script: findScript(scriptPaths, packages) },
    disabled: server.disabled || isOff(server),
  })
  return {
    servers: withoutCopies(files).map(finish),
    files: files
      .filter(({ candidate, config }) => config !== null && declaresServers(candidate))
      .filter(({ candidate, config }) => candidate.isGuess !== true || config?.servers.length !== 0)
      .map(({ candidate, config }) => ({
        client: candidate.client.id,
        file: candidate.path,
        servers: config?.servers.length ?? 0,
      })),
    diagnostics: [
      ...files.flatMap(({ candidate, config, problem }) =>
        // What only looks like a client's file is nobody's mistake, until it declares a server.
        (candidate.isGuess === true && !config?.servers.length
          ? []
          : [...(problem === null ? [] : [problem]), ...(config?.problems ?? [])]
        ).map((found) => diagnostic(candidate, found)),
      ),
      ...overflows.map(({ candidate, problem }) => diagnostic(candidate, problem)),
    ],
    changedAt: new Map(
      files.flatMap(({ candidate, changedAt }) =>
        changedAt === null ? [] : [[candidate.path, changedAt] as const],
      ),
    ),
  }
}

function switchKey(client: string, scope: string | null, name: string | null): string {
  return JSON.stringify([client, scope, name])
}

function diagnostic(candidate: Candidate, { position, message }: Problem): Diagnostic {
  return {
    client: candidate.client.id,
    file: candidate.path,
    line: position?.line ?? null,
    column: position?.column ?? null,
    message,
  }
}
