/** Whom a configured bridge is told to talk to. */
import { endpointOf } from '../../shared/address/endpoint.ts'
import { bridgedUrls } from '../../shared/argv/bridge.ts'
import type { Endpoint, Server } from '../../shared/model/server.ts'
import { createSignature } from './signature.ts'

const NONE: readonly Endpoint[] = []

/**
 * The endpoints on its command line; empty for what is no bridge, and where one of them cannot be read: an open
 * placeholder in the host, or an address that is kept by its hash alone as it may hold a secret.
 */
export function configuredBridge(server: Server): readonly Endpoint[] {
  const signature = createSignature(server)
  if (signature === null) return NONE
  const urls = bridgedUrls(signature.invocation.core, server.launch?.script?.package ?? null)
  const endpoints = urls.map((url) => endpointOf(url))
  return endpoints.every((each) => each !== null) ? endpoints : NONE
}
