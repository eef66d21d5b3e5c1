/** What an MCP server in no configuration is listed as. Pure. */
import type { Instance, Unconfigured } from '../../shared/model/attribution.ts'
import { type ServerId, serverId } from '../../shared/model/ids.ts'
import { type Server, UNCONFIGURED } from '../../shared/model/server.ts'

/** The server that such an instance is listed as: the same for as long as client and name are. */
function unconfiguredServer({ client, name }: Unconfigured): Server {
  return {
    id: unconfiguredId(client, name),
    client,
    name,
    source: '',
    scope: UNCONFIGURED,
    transport: 'stdio',
    launch: null,
    endpoint: null,
    disabled: false,
  }
}

export function unconfiguredId(client: string, name: string): ServerId {
  return serverId(client, '', UNCONFIGURED, name)
}

/** The servers that running instances are listed as beside the configured ones; each once. */
export function unconfiguredServers(instances: readonly Instance[]): readonly Server[] {
  const servers = new Map<ServerId, Server>()
  for (const { unconfigured, serverIds } of instances)
    if (unconfigured !== undefined && !servers.has(serverIds[0]))
      servers.set(serverIds[0], unconfiguredServer(unconfigured))
  return [...servers.values()]
}
