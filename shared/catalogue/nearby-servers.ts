/** Servers made for a program on this machine, or for something of the user's own in the network around it. */
import { hosts, type KnownServer, lan, lanAnd, localOnly, SOURCES } from './known-server.ts'
import { POSTHOG } from './telemetry-hosts.ts'

const { readmePeer, profileAny, profileHosts } = SOURCES

const DESKTOP: readonly KnownServer[] = [
  localOnly({ npm: ['mcp-obsidian'], pypi: ['mcp-obsidian'], image: ['mcp/obsidian'] }, readmePeer),
  localOnly({ npm: ['obsidian-mcp-server'] }, readmePeer),
  localOnly(
    {
      npm: ['mcp-jetbrains'],
      image: ['mcp/jetbrains', 'ghcr.io/stacklok/dockyard/npx/mcp-jetbrains'],
    },
    readmePeer,
  ),
  localOnly(
    { pypi: ['ida-pro-mcp'], image: ['ghcr.io/stacklok/dockyard/uvx/ida-pro-mcp'] },
    readmePeer,
  ),
  localOnly({ npm: ['@browsermcp/mcp'] }, readmePeer),
  localOnly({ npm: ['@agentdeskai/browser-tools-mcp'] }, readmePeer),
  localOnly({ npm: ['ios-simulator-mcp'] }, readmePeer),
  // A socket file; with DOCKER_HOST set, ssh or another machine.
  localOnly({ pypi: ['mcp-server-docker'] }, readmePeer, { children: 'open', configured: true }),
  // The program on this machine, or the service that it keeps its library at.
  hosts({ pypi: ['zotero-mcp-server'] }, ['api.zotero.org'], readmePeer),
  // Telephones are reached over USB, or over the local network once paired; adb asks for them by mDNS.
  lan({ npm: ['@mobilenext/mobile-mcp'] }, readmePeer, { configured: false, telemetry: POSTHOG }),
  // Models are fetched from these when they are asked for.
  hosts(
    { pypi: ['blender-mcp', 'mcp-for-blender'] },
    ['api.polyhaven.com', 'dl.polyhaven.org', 'api.sketchfab.com', 'media.sketchfab.com'],
    readmePeer,
  ),
  // Which language servers it fetches, and from where, the user's projects decide.
  hosts(
    { pypi: ['serena-agent'] },
    ['github.com', 'api.github.com', 'objects.githubusercontent.com'],
    readmePeer,
    { children: 'open', configured: true },
  ),
]

const DATABASES: readonly KnownServer[] = [
  lan({ npm: ['@modelcontextprotocol/server-postgres'] }, readmePeer),
  lan({ pypi: ['postgres-mcp'], image: ['crystaldba/postgres-mcp'] }, profileAny),
  lan({ npm: ['@bytebase/dbhub'] }, readmePeer),
  lan({ npm: ['@benborla29/mcp-server-mysql'] }, readmePeer),
  lan({ npm: ['@modelcontextprotocol/server-redis'], image: ['mcp/redis'] }, profileAny),
  lan(
    {
      pypi: ['mcp-clickhouse'],
      image: ['mcp/clickhouse', 'ghcr.io/stacklok/dockyard/uvx/mcp-clickhouse'],
    },
    profileAny,
  ),
  lan({ image: ['mcp/elasticsearch'] }, profileAny),
  lanAnd(
    { npm: ['mongodb-mcp-server'], image: ['mcp/mongodb', 'mongodb/mongodb-mcp-server'] },
    ['.mongodb.net', 'cloud.mongodb.com'],
    profileAny,
    // Its use is reported to the same host as its administration tools use.
    { telemetry: ['cloud.mongodb.com'] },
  ),
  lanAnd(
    {
      pypi: ['chroma-mcp'],
      image: ['mcp/chroma', 'ghcr.io/stacklok/dockyard/uvx/chroma-mcp'],
    },
    ['api.trychroma.com'],
    profileAny,
  ),
  // Its embedding model is fetched on the first run.
  lanAnd(
    { pypi: ['mcp-server-qdrant'] },
    ['huggingface.co', '.huggingface.co', '.hf.co'],
    readmePeer,
  ),
  lanAnd(
    {
      pypi: ['mcp-neo4j-cypher'],
      image: ['mcp/neo4j-cypher', 'ghcr.io/stacklok/dockyard/uvx/mcp-neo4j-cypher'],
    },
    ['.neo4j.io'],
    profileHosts,
  ),
  lanAnd(
    {
      pypi: ['mcp-neo4j-memory'],
      image: ['mcp/neo4j-memory', 'ghcr.io/stacklok/dockyard/uvx/mcp-neo4j-memory'],
    },
    ['.neo4j.io'],
    profileHosts,
  ),
  lanAnd({ image: ['dolthub/dolt-mcp'] }, ['dolthub.com', '.dolthub.com'], profileHosts),
]

const HOUSE_AND_CLUSTER: readonly KnownServer[] = [
  // Both go where the kubeconfig says; the first starts kubectl and helm.
  lan({ npm: ['mcp-server-kubernetes'], image: ['mcp/kubernetes'] }, readmePeer, {
    children: 'open',
  }),
  lan(
    {
      npm: ['kubernetes-mcp-server'],
      pypi: ['kubernetes-mcp-server'],
      binaries: ['kubernetes-mcp-server'],
    },
    readmePeer,
  ),
  lan({ image: ['ghcr.io/stackloklabs/mkp/server'] }, profileAny),
  lan({ pypi: ['hass-mcp'], image: ['voska/hass-mcp'] }, profileAny),
]

export const NEARBY_SERVERS: readonly KnownServer[] = [
  ...DESKTOP,
  ...DATABASES,
  ...HOUSE_AND_CLUSTER,
]
