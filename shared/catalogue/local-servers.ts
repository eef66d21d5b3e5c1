/**
 * Servers that have no business beyond this machine. Exact names only: a look-alike must not inherit what is known
 * of the package it imitates.
 */

/** `source` is the public page or profile that says the server needs no network. */
export interface KnownServer {
  readonly npm: readonly string[]
  readonly pypi: readonly string[]
  readonly image: readonly string[]
  /** Names of compiled programs, and of the commands that packages install. */
  readonly binaries: readonly string[]
  readonly expectation: 'local-only'
  /**
   * `open`: it runs programs that the user asks for (git, snippets, scripts), so its children may connect anywhere;
   * `same`: what it starts is held to the same expectation.
   */
  readonly children: 'same' | 'open'
  readonly source: string
}

const REFERENCE = 'modelcontextprotocol/servers, README of the server: works on local data only'
const ARCHIVED =
  'modelcontextprotocol/servers-archived, README of the server: a local database file'
const NO_NETWORK = 'docker/mcp-registry, server.yaml of the image: disableNetwork'
const PROFILE = 'stacklok/toolhive registry, permission profile without outbound hosts'
const README = "the package's README: works on local files or programs only"

/** Names by ecosystem, then what is said of all of them. */
type Names = Partial<Pick<KnownServer, 'npm' | 'pypi' | 'image' | 'binaries'>>

function local(
  names: Names,
  source: string,
  children: KnownServer['children'] = 'same',
): KnownServer {
  return {
    npm: names.npm ?? [],
    pypi: names.pypi ?? [],
    image: names.image ?? [],
    binaries: names.binaries ?? [],
    expectation: 'local-only',
    children,
    source,
  }
}

function reference(name: string, image: string): KnownServer {
  return local(
    {
      npm: [`@modelcontextprotocol/server-${name}`],
      image: [image],
      binaries: [`mcp-server-${name}`],
    },
    REFERENCE,
  )
}

export const LOCAL_SERVERS: readonly KnownServer[] = [
  reference('filesystem', 'mcp/filesystem'),
  reference('memory', 'mcp/memory'),
  reference('sequential-thinking', 'mcp/sequentialthinking'),
  reference('everything', 'mcp/everything'),
  local({ npm: ['mcp-sequentialthinking-tools'] }, README),
  local(
    { pypi: ['mcp-server-time'], image: ['mcp/time'], binaries: ['mcp-server-time'] },
    REFERENCE,
  ),
  local({ pypi: ['mcp-server-git'], image: ['mcp/git'], binaries: ['mcp-server-git'] }, REFERENCE),
  // Its push and fetch tools start git, which goes to the remote the user names.
  local({ npm: ['@cyanheads/git-mcp-server'] }, README, 'open'),
  local(
    {
      pypi: ['mcp-server-sqlite'],
      image: ['mcp/sqlite', 'ghcr.io/stackloklabs/sqlite-mcp/server'],
      binaries: ['mcp-server-sqlite'],
    },
    ARCHIVED,
  ),
  local({ image: ['mcp/rust-mcp-filesystem'], binaries: ['rust-mcp-filesystem'] }, NO_NETWORK),
  local({ image: ['mcp/ast-grep'] }, NO_NETWORK),
  local({ pypi: ['awslabs.aws-diagram-mcp-server'] }, PROFILE),
  local({ image: ['ghcr.io/stackloklabs/plotting-mcp'] }, PROFILE),
  local({ pypi: ['mcp-server-calculator'] }, README),
  local({ pypi: ['mcp-server-tree-sitter'] }, README),
  local({ npm: ['@negokaz/excel-mcp-server'], pypi: ['excel-mcp-server'] }, README),
  local({ pypi: ['office-word-mcp-server'] }, README),
  local({ npm: ['@eslint/mcp'] }, README),
  local({ npm: ['mcp-mermaid'] }, README),
  local({ npm: ['mcp-server-code-runner'], binaries: ['mcp-server-code-runner'] }, README, 'open'),
  local({ npm: ['mcp-server-commands'], binaries: ['mcp-server-commands'] }, README, 'open'),
  local({ npm: ['@steipete/macos-automator-mcp'] }, README, 'open'),
  local({ pypi: ['basic-memory'], binaries: ['basic-memory'] }, README),
]
