/**
 * The clients that are known, as data. Where several clients read one file, it belongs to the one it was made for
 * (`.mcp.json` to Claude Code, `.vscode/mcp.json` to VS Code): an entry must not be listed twice.
 */
import { type ClientRow, type ConfigFile, type KeyPath, NOTHING } from './row.ts'
import { VSCODE_SERVERS, VSCODE_SETTINGS, vscode, workspaceStorage } from './vscode-family.ts'

const MCP_SERVERS: readonly KeyPath[] = [['mcpServers']]
const CODEX_SERVERS: readonly KeyPath[] = [['mcp_servers']]
const CLAUDE_HOME = { env: 'CLAUDE_CONFIG_DIR', otherwise: '' } as const
const CODEX_HOME = { env: 'CODEX_HOME', otherwise: '.codex' } as const

const CLAUDE_DESKTOP: ClientRow = {
  id: 'claude-desktop',
  name: 'Claude Desktop',
  expansion: 'none',
  urlTransport: 'http',
  // The Linux builds are not the vendor's and do not agree on the case of the folder.
  files: ['Claude', 'Claude-3p', 'claude'].map((folder) => ({
    base: 'user-data',
    path: `${folder}/claude_desktop_config.json`,
    ...(folder === 'claude' ? { platforms: ['linux'] as const } : {}),
    format: 'json',
    servers: MCP_SERVERS,
    scope: 'user',
  })),
  projectFiles: [],
  running: {
    ...NOTHING,
    executables: ['Claude', 'claude-desktop'],
    // Not …/Contents/Helpers/: `disclaimer`, which starts the servers, is there.
    paths: [
      '/Claude.app/Contents/MacOS/',
      '/Claude.app/Contents/Frameworks/',
      '/claude-desktop/node_modules/electron/dist/',
    ],
  },
}

const CLAUDE_CODE: ClientRow = {
  id: 'claude-code',
  name: 'Claude Code',
  expansion: 'environment',
  urlTransport: 'http',
  files: [
    {
      base: CLAUDE_HOME,
      path: '.claude.json',
      format: 'json',
      servers: [['mcpServers'], ['projects', '*', 'mcpServers']],
      scope: 'user',
      folders: { kind: 'keys', at: ['projects'] },
      switchedOff: [
        ['projects', '*', 'disabledMcpServers'],
        ['projects', '*', 'disabledMcpjsonServers'],
      ],
    },
    managed('linux', 'etc/claude-code/managed-mcp.json'),
    managed('darwin', 'Library/Application Support/ClaudeCode/managed-mcp.json'),
  ],
  projectFiles: [{ path: '.mcp.json', format: 'json', servers: MCP_SERVERS }],
  running: {
    ...NOTHING,
    executables: ['claude'],
    // The native build's file is named by its version, as …/claude/versions/2.1.0.
    paths: ['/claude/versions/'],
    packages: ['@anthropic-ai/claude-code'],
    titles: ['claude'],
    asServer: [['mcp', 'serve']],
  },
}

function managed(platform: 'linux' | 'darwin', path: string): ConfigFile {
  return {
    base: 'root',
    path,
    platforms: [platform],
    format: 'json',
    servers: MCP_SERVERS,
    scope: 'managed',
  }
}

const CURSOR: ClientRow = {
  id: 'cursor',
  name: 'Cursor',
  expansion: 'editor',
  urlTransport: 'http',
  files: [
    { base: 'home', path: '.cursor/mcp.json', format: 'json', servers: MCP_SERVERS, scope: 'user' },
    workspaceStorage('Cursor'),
  ],
  projectFiles: [{ path: '.cursor/mcp.json', format: 'json', servers: MCP_SERVERS }],
  running: {
    ...NOTHING,
    executables: ['cursor', 'Cursor', 'cursor-agent'],
    paths: [
      '/Cursor.app/Contents/MacOS/',
      '/Cursor.app/Contents/Frameworks/',
      '/cursor-agent/versions/',
      '/.cursor-server/bin/',
      '/.cursor-server/cli/',
    ],
  },
}

const CODEX: ClientRow = {
  id: 'codex',
  name: 'Codex',
  expansion: 'none',
  urlTransport: 'http',
  files: [
    {
      base: CODEX_HOME,
      path: 'config.toml',
      format: 'toml',
      servers: CODEX_SERVERS,
      scope: 'user',
      folders: { kind: 'keys', at: ['projects'] },
    },
    {
      base: CODEX_HOME,
      path: '*.config.toml',
      format: 'toml',
      servers: CODEX_SERVERS,
      scope: 'profile',
    },
    {
      base: 'root',
      path: 'etc/codex/config.toml',
      format: 'toml',
      servers: CODEX_SERVERS,
      scope: 'managed',
    },
  ],
  projectFiles: [{ path: '.codex/config.toml', format: 'toml', servers: CODEX_SERVERS }],
  running: {
    ...NOTHING,
    executables: [
      'codex',
      'codex-x86_64-unknown-linux-musl',
      'codex-aarch64-unknown-linux-musl',
      'codex-x86_64-apple-darwin',
      'codex-aarch64-apple-darwin',
    ],
    paths: ['/Codex.app/Contents/MacOS/', '/Codex.app/Contents/Frameworks/'],
    packages: ['@openai/codex'],
    asServer: [['mcp-server'], ['mcp', 'serve']],
  },
}

/** Every known client; order is the order of display. */
export const CLIENTS: readonly ClientRow[] = [
  CLAUDE_DESKTOP,
  CLAUDE_CODE,
  CURSOR,
  vscode({
    id: 'vscode',
    name: 'Visual Studio Code',
    folder: 'Code',
    server: '.vscode-server',
    executables: ['code'],
    apps: ['Visual Studio Code'],
    projectFiles: [
      { path: '.vscode/mcp.json', format: 'json', servers: VSCODE_SERVERS },
      { path: '.vscode/settings.json', format: 'json', servers: VSCODE_SETTINGS },
    ],
  }),
  vscode({
    id: 'vscode-insiders',
    name: 'Visual Studio Code Insiders',
    folder: 'Code - Insiders',
    server: '.vscode-server-insiders',
    executables: ['code-insiders'],
    apps: ['Visual Studio Code - Insiders'],
    projectFiles: [],
  }),
  vscode({
    id: 'vscodium',
    name: 'VSCodium',
    folder: 'VSCodium',
    server: '.vscodium-server',
    executables: ['codium', 'VSCodium'],
    apps: ['VSCodium'],
    projectFiles: [],
  }),
  CODEX,
]
