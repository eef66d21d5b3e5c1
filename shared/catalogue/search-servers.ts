/** Servers for search, scraping as a service, maps, papers, and services that make text, speech or pictures. */
import { hosts, type KnownServer, SOURCES } from './known-server.ts'
import { SEGMENT } from './telemetry-hosts.ts'

const { profileHosts, readmeApi, allowHosts, archivedNet } = SOURCES

const SEARCH: readonly KnownServer[] = [
  hosts(
    {
      npm: ['@modelcontextprotocol/server-brave-search', '@brave/brave-search-mcp-server'],
      image: ['mcp/brave-search'],
    },
    ['api.search.brave.com'],
    readmeApi,
  ),
  hosts({ npm: ['firecrawl-mcp'], image: ['mcp/firecrawl'] }, ['api.firecrawl.dev'], profileHosts, {
    configured: true,
  }),
  hosts(
    {
      npm: ['tavily-mcp'],
      image: ['mcp/tavily', 'ghcr.io/stacklok/dockyard/npx/tavily-mcp'],
    },
    ['api.tavily.com', 'mcp.tavily.com'],
    profileHosts,
  ),
  hosts({ npm: ['exa-mcp-server'], image: ['mcp/exa'] }, ['api.exa.ai', 'mcp.exa.ai'], readmeApi),
  hosts(
    { npm: ['@perplexity-ai/mcp-server'], image: ['mcp/perplexity-ask'] },
    ['api.perplexity.ai'],
    profileHosts,
  ),
  hosts(
    { npm: ['agentql-mcp'], image: ['ghcr.io/stacklok/dockyard/npx/agentql-mcp'] },
    ['api.agentql.com'],
    profileHosts,
  ),
  hosts(
    { npm: ['brightdata-mcp'], image: ['ghcr.io/stacklok/dockyard/npx/brightdata-mcp'] },
    ['api.brightdata.com', 'brightdata.com', 'brd.superproxy.io'],
    profileHosts,
  ),
  hosts(
    { npm: ['@apify/actors-mcp-server'], image: ['mcp/apify-mcp-server'] },
    ['api.apify.com', 'mcp.apify.com', 'docs.apify.com'],
    readmeApi,
    { telemetry: SEGMENT },
  ),
  // The browser itself runs at the service.
  hosts(
    {
      npm: ['@browserbasehq/mcp'],
      image: ['mcp/browserbase', 'ghcr.io/stacklok/dockyard/npx/browserbase-mcp-server'],
    },
    ['api.browserbase.com', 'connect.browserbase.com', '.browserbase.com'],
    readmeApi,
  ),
]

const PLACES: readonly KnownServer[] = [
  hosts(
    { npm: ['@modelcontextprotocol/server-google-maps'], image: ['mcp/google-maps'] },
    ['maps.googleapis.com', 'places.googleapis.com', 'routes.googleapis.com'],
    archivedNet,
  ),
  hosts({ npm: ['@amap/amap-maps-mcp-server'] }, ['restapi.amap.com'], readmeApi),
  hosts(
    { npm: ['@mapbox/mcp-server'], image: ['mcp/mapbox'] },
    ['api.mapbox.com', 'events.mapbox.com'],
    readmeApi,
  ),
]

const PAPERS_AND_MEDIA: readonly KnownServer[] = [
  hosts(
    {
      pypi: ['arxiv-mcp-server'],
      image: ['ghcr.io/stacklok/dockyard/uvx/arxiv-mcp-server'],
    },
    ['arxiv.org', 'export.arxiv.org'],
    profileHosts,
  ),
  hosts(
    { pypi: ['mcp-youtube-transcript'], image: ['mcp/youtube-transcript'] },
    ['www.youtube.com', 'youtube.com', 'youtubei.googleapis.com'],
    readmeApi,
  ),
  hosts(
    { pypi: ['yfinance-mcp'] },
    [
      'query1.finance.yahoo.com',
      'query2.finance.yahoo.com',
      'finance.yahoo.com',
      'fc.yahoo.com',
      'guce.yahoo.com',
      'consent.yahoo.com',
    ],
    readmeApi,
  ),
]

const MAKERS: readonly KnownServer[] = [
  hosts(
    { npm: ['@modelcontextprotocol/server-everart'], image: ['mcp/everart'] },
    ['api.everart.ai'],
    archivedNet,
  ),
  hosts(
    { pypi: ['elevenlabs-mcp'], image: ['mcp/elevenlabs'] },
    ['api.elevenlabs.io', 'api.us.elevenlabs.io'],
    readmeApi,
  ),
  hosts({ pypi: ['minimax-mcp'] }, ['api.minimax.io', 'api.minimaxi.com'], readmeApi),
  hosts(
    { npm: ['@21st-dev/magic'], image: ['ghcr.io/stacklok/dockyard/npx/magic-mcp'] },
    ['21st.dev', 'api.21st.dev', 'magic.21st.dev'],
    profileHosts,
  ),
  hosts({ npm: ['@antv/mcp-server-chart'] }, ['antv-studio.alipay.com'], readmeApi),
]

/** It is asked for one host when it searches; its other tool fetches what was found. */
const SEARCH_IN_A_BOX = hosts({ image: ['mcp/duckduckgo'] }, ['html.duckduckgo.com'], allowHosts)

export const SEARCH_SERVERS: readonly KnownServer[] = [
  ...SEARCH,
  SEARCH_IN_A_BOX,
  ...PLACES,
  ...PAPERS_AND_MEDIA,
  ...MAKERS,
]
