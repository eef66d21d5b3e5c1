/** Servers that have no business beyond this machine, apart from listed telemetry. */
import { type KnownServer, localOnly, SOURCES } from './known-server.ts'
import { GOOGLE_ANALYTICS } from './telemetry-hosts.ts'

export type { KnownServer } from './known-server.ts'

function reference(name: string, image: string): KnownServer {
  return localOnly(
    {
      npm: [`@modelcontextprotocol/server-${name}`],
      image: [image],
      binaries: [`mcp-server-${name}`],
    },
    SOURCES.reference,
  )
}

export const LOCAL_SERVERS: readonly KnownServer[] = [
  reference('filesystem', 'mcp/filesystem'),
  reference('memory', 'mcp/memory'),
  reference('sequential-thinking', 'mcp/sequentialthinking'),
  reference('everything', 'mcp/everything'),
  localOnly({ npm: ['mcp-sequentialthinking-tools'] }, SOURCES.readme),
  localOnly(
    { pypi: ['mcp-server-time'], image: ['mcp/time'], binaries: ['mcp-server-time'] },
    SOURCES.reference,
  ),
  localOnly(
    { pypi: ['mcp-server-git'], image: ['mcp/git'], binaries: ['mcp-server-git'] },
    SOURCES.reference,
  ),
  // Its push and fetch tools start git, which goes to the remote the user names.
  localOnly({ npm: ['@cyanheads/git-mcp-server'] }, SOURCES.readme, { children: 'open' }),
  localOnly(
    {
      pypi: ['mcp-server-sqlite'],
      image: ['mcp/sqlite', 'ghcr.io/stackloklabs/sqlite-mcp/server'],
      binaries: ['mcp-server-sqlite'],
    },
    SOURCES.archived,
  ),
  localOnly(
    { image: ['mcp/rust-mcp-filesystem'], binaries: ['rust-mcp-filesystem'] },
    SOURCES.noNetwork,
  ),
  localOnly({ image: ['mcp/ast-grep'] }, SOURCES.noNetwork),
  localOnly(
    {
      pypi: ['awslabs.aws-diagram-mcp-server'],
      image: ['mcp/aws-diagram', 'ghcr.io/stacklok/dockyard/uvx/aws-diagram'],
    },
    SOURCES.profile,
  ),
  localOnly({ image: ['ghcr.io/stackloklabs/plotting-mcp'] }, SOURCES.profile),
  localOnly({ pypi: ['mcp-server-calculator'] }, SOURCES.readme),
  localOnly({ pypi: ['mcp-server-tree-sitter'] }, SOURCES.readme),
  localOnly({ npm: ['@negokaz/excel-mcp-server'], pypi: ['excel-mcp-server'] }, SOURCES.readme),
  localOnly({ pypi: ['office-word-mcp-server'] }, SOURCES.readme),
  localOnly({ npm: ['@eslint/mcp'] }, SOURCES.readme),
  localOnly({ npm: ['mcp-mermaid'] }, SOURCES.readme),
  localOnly(
    { npm: ['mcp-server-code-runner'], binaries: ['mcp-server-code-runner'] },
    SOURCES.readme,
    { children: 'open' },
  ),
  localOnly({ npm: ['mcp-server-commands'], binaries: ['mcp-server-commands'] }, SOURCES.readme, {
    children: 'open',
  }),
  localOnly({ npm: ['@steipete/macos-automator-mcp'] }, SOURCES.readme, { children: 'open' }),
  localOnly({ pypi: ['basic-memory'], binaries: ['basic-memory'] }, SOURCES.readme),
  // The shells and build tools that these start do what the user asks.
  localOnly(
    { npm: ['@wonderwhy-er/desktop-commander'], image: ['mcp/desktop-commander'] },
    SOURCES.readme,
    {
      children: 'open',
      telemetry: [
        // The first also says which features are on.
        'desktopcommander.app',
        'telemetry.desktopcommander.app',
        'dc-telemetry-proxy-83847352264.europe-west1.run.app',
        ...GOOGLE_ANALYTICS,
      ],
    },
  ),
  localOnly({ npm: ['xcodebuildmcp'] }, SOURCES.readme, {
    children: 'open',
    telemetry: ['o4509258288332800.ingest.de.sentry.io'],
  }),
  localOnly({ npm: ['@storybook/mcp'] }, SOURCES.readme, { telemetry: ['storybook.js.org'] }),
]
