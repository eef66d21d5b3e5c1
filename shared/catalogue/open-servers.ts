/** Servers that go to any host by design: what they reach says nothing about whether they behave. */
import { anywhere, type KnownServer, SOURCES } from './known-server.ts'
import { GOOGLE_ANALYTICS } from './telemetry-hosts.ts'

const { readmeAny, profileAny } = SOURCES

export const OPEN_SERVERS: readonly KnownServer[] = [
  anywhere({ pypi: ['mcp-server-fetch'], image: ['mcp/fetch'] }, SOURCES.referenceAny),
  anywhere({ image: ['ghcr.io/stackloklabs/gofetch/server'] }, profileAny),
  anywhere({ npm: ['@kazuph/mcp-fetch'] }, readmeAny),
  // Browsers: the child makes the traffic.
  anywhere(
    { npm: ['@playwright/mcp'], image: ['mcp/playwright', 'mcr.microsoft.com/playwright/mcp'] },
    profileAny,
  ),
  anywhere({ npm: ['@executeautomation/playwright-mcp-server'] }, readmeAny),
  anywhere(
    { npm: ['@modelcontextprotocol/server-puppeteer'], image: ['mcp/puppeteer'] },
    readmeAny,
  ),
  anywhere({ npm: ['chrome-devtools-mcp'] }, readmeAny, { telemetry: ['play.googleapis.com'] }),
  anywhere({ pypi: ['markitdown-mcp'], image: ['mcp/markitdown'] }, readmeAny),
  anywhere({ npm: ['@openbnb/mcp-server-airbnb'], image: ['mcp/openbnb-airbnb'] }, readmeAny),
  // Searches one host and fetches what it finds.
  anywhere({ npm: ['duckduckgo-mcp-server'], pypi: ['duckduckgo-mcp-server'] }, readmeAny),
  // Asks many libraries and follows their links to publishers.
  anywhere({ pypi: ['paper-search-mcp'], image: ['mcp/paper-search'] }, readmeAny),
  // Goes wherever the remote server is that the user configured.
  anywhere({ npm: ['mcp-remote'] }, readmeAny),
  anywhere({ image: ['mcp/grafana'], binaries: ['mcp-grafana'] }, profileAny),
  anywhere({ npm: ['n8n-mcp'], image: ['mcp/n8n'] }, readmeAny),
  // Builds, plugin listings and documentation, from wherever the workspace has them.
  anywhere({ npm: ['nx-mcp'] }, readmeAny, { telemetry: GOOGLE_ANALYTICS }),
  anywhere({ npm: ['next-devtools-mcp'] }, readmeAny, { telemetry: ['telemetry.nextjs.org'] }),
]
