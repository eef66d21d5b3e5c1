/** Whom a configured bridge is told to talk to. */
import { endpointOf } from '../../shared/address/endpoint.ts'
import { bridgedUrls } from '../../shared/argv/bridge.ts'
import { readInvocation } from '../../shared/argv/invocation.ts'
import type { Endpoint, Server } from '../../shared/model/server.ts'
import { encodeLaunch } from './pattern.ts'

const NONE: readonly Endpoint[] = []

/**
 * The endpoints on its command line; empty for what is no bridge, and where one of them cannot be read, as with an open
 * placeholder in the host.
 */
export function configuredBridge({ launch }: Server): readonly Endpoint[] {
  if (launch === null) return NONE
  const words = encodeLaunch(launch)
  if (words === null) return NONE
  const shown = [...words]
  // Of an address with a path no more is kept: its words are of no use to compare with, but to read whom it names.
  for (const { argument, endpoint } of launch.endpoints ?? [])
    shown[argument + 1] = addressOf(endpoint)
  const core = readInvocation(shown)?.core
  if (core === undefined) return NONE
  const endpoints = bridgedUrls(core, launch.script?.package ?? null).map((url) => endpointOf(url))
  return endpoints.every((each) => each !== null) ? endpoints : NONE
}

function addressOf({ scheme, host, port }: Endpoint): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
