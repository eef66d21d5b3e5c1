/** Servers made for a program on this machine, or for something of the user's own in the network around it. */
import { type KnownServer, lan, lanAnd, localOnly, SOURCES } from './known-server.ts'
import { POSTHOG } from './telemetry-hosts.ts'

const { readmePeer, profileAny, profileHosts } = SOURCES

/** A program on this machine; some can be told another host. */
const DESKTOP: readonly KnownServer[] = [
  localOnly(
    { npm: ['mcp-obsidian'], pypi: ['mcp-obsidian'], image: ['mcp/obsidian'] },
    readmePeer,
    { configured: true },
  ),
  localOnly({ npm: ['obsidian-mcp-server'] }, readmePeer, { configured: true }),
  localOnly(
    {
      npm: ['mcp-jetbrains'],
      image: ['mcp/jetbrains', 'ghcr.io/stacklok/dockyard/npx/mcp-jetbrains'],
    },
    readmePeer,
    { configured: true },
  ),
  localOnly(
    { pypi: ['ida-pro-mcp'], image: ['ghcr.io/stacklok/dockyard/uvx/ida-pro-mcp'] },
    readmePeer,
    { configured: true },
  ),
  localOnly({ npm: ['@browsermcp/mcp'] }, readmePeer),
  localOnly({ npm: ['@agentdeskai/browser-tools-mcp'] }, readmePeer, { configured: true }),
  localOnly({ npm: ['ios-simulator-mcp'] }, readmePeer),
  // A socket file; with DOCKER_HOST set, ssh or another machine.
  localOnly({ pypi: ['mcp-server-docker'] }, readmePeer, { children: 'open', configured: true }),
  localOnly({ pypi: ['zotero-mcp-server'] }, readmePeer, { configured: true }),
  // Telephones are reached over USB, or over the local network once paired; adb asks for them by mDNS.
  lan({ npm: ['@mobilenext/mobile-mcp'] }, readmePeer, { configured: false, telemetry: POSTHOG }),
  lanAnd(
    { pypi: ['blender-mcp', 'mcp-for-blender'] },
    ['.polyhaven.org', 'api.polyhaven.com', 'dl.polyhaven.org', '.sketchfab.com'],
    readmePeer,
  ),
  // It fetches language servers, and those fetch what they need.
  lanAnd(
    { pypi: ['serena-agent'] },
    ['github.com', 'api.github.com', '.githubusercontent.com'],
    readmePeer,
    { children: 'open' },
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
