/** Claude Desktop with its extensions, Claude Code with its plugins. */
import { apps, client, configOption, file, inProject, managed, PLUGIN_SERVERS } from './build.ts'
import type { SwitchSource } from './row.ts'

const CLAUDE_HOME = { env: 'CLAUDE_CONFIG_DIR', otherwise: '' } as const
/** The same variable takes the place of `~/.claude` for everything but the file beside it. */
const CLAUDE_FOLDER = { env: 'CLAUDE_CONFIG_DIR', otherwise: '.claude' } as const
/** By name, command or address; a name is all that can be compared with certainty. */
const DENIED: SwitchSource = { kind: 'names', at: ['deniedMcpServers'] }
const ALLOWED: SwitchSource = { kind: 'allowed', at: ['allowedMcpServers'], emptyMeansNone: true }
const SETTINGS = ['managed-settings.json', 'managed-settings.d/*.json']
/** A plugin's manifest has servers, or names files that have them. */
const PLUGIN_FILES = [
  inProject('.mcp.json', { servers: PLUGIN_SERVERS }),
  inProject('.claude-plugin/plugin.json', { elsewhere: ['mcpServers'] }),
]

export const CLAUDE_DESKTOP = client('claude-desktop', 'Claude Desktop', {
  expansion: 'none',
  files: [
    // The Linux builds are not the vendor's and do not agree on the case of the folder.
    ...['Claude', 'Claude-3p', 'claude'].map((folder) =>
      file(`${folder}/claude_desktop_config.json`, {
        base: 'user-data',
        ...(folder === 'claude' ? { platforms: ['linux'] as const } : {}),
        ownNode: { at: ['isUsingBuiltInNodeForMcp'], is: true },
      }),
    ),
    file('Claude/Claude Extensions/*/manifest.json', {
      base: 'user-data',
      servers: [],
      single: { kind: 'bundle', name: ['name'] },
      scope: 'plugin',
      expansion: 'environment',
      ownNode: { at: ['server', 'type'], is: 'node' },
    }),
    // Next to the switch are the user's values, secrets among them: nothing else of the file is read.
    file('Claude/Claude Extensions Settings/*.json', {
      base: 'user-data',
      servers: [],
      scope: 'plugin',
      switches: [{ kind: 'plugin', at: ['isEnabled'] }],
    }),
  ],
  running: {
    executables: ['Claude', 'claude-desktop'],
    // Not …/Contents/Helpers/: `disclaimer`, which starts the servers, is there.
    paths: [...apps('Claude'), '/claude-desktop/node_modules/electron/dist/'],
  },
})

export const CLAUDE_CODE = client('claude-code', 'Claude Code', {
  files: [
    file('.claude.json', {
      base: CLAUDE_HOME,
      servers: [['mcpServers'], ['projects', '*', 'mcpServers']],
      folders: { kind: 'keys', at: ['projects'] },
      switches: [
        { kind: 'names', at: ['projects', '*', 'disabledMcpServers'] },
        { kind: 'names', at: ['projects', '*', 'disabledMcpjsonServers'] },
      ],
    }),
    ...managed({
      linux: ['etc/claude-code/managed-mcp.json'],
      darwin: ['Library/Application Support/ClaudeCode/managed-mcp.json'],
    }),
    ...managed(
      {
        linux: SETTINGS.map((name) => `etc/claude-code/${name}`),
        darwin: SETTINGS.map((name) => `Library/Application Support/ClaudeCode/${name}`),
      },
      { servers: [['managedMcpServers']], switches: [ALLOWED, DENIED] },
    ),
    file('plugins/installed_plugins.json', {
      base: CLAUDE_FOLDER,
      servers: [],
      folders: { kind: 'plugins', at: ['plugins'] },
    }),
    file('settings.json', {
      base: CLAUDE_FOLDER,
      servers: [],
      switches: [{ kind: 'plugins', at: ['enabledPlugins'] }, DENIED],
    }),
  ],
  projectFiles: [
    inProject('.mcp.json'),
    ...['settings.json', 'settings.local.json'].map((name) =>
      inProject(`.claude/${name}`, {
        servers: [],
        switches: [
          { kind: 'names', at: ['disabledMcpjsonServers'] },
          { kind: 'plugins', at: ['enabledPlugins'] },
          DENIED,
        ],
      }),
    ),
  ],
  configOptions: [
    configOption('--mcp-config'),
    { option: '--plugin-dir', files: PLUGIN_FILES, isPlugin: true },
  ],
  pluginFiles: PLUGIN_FILES,
  running: {
    // What npm installs is called claude.exe on every system.
    executables: ['claude', 'claude.exe'],
    // The native build's file is named by its version, as …/claude/versions/2.1.0.
    paths: ['/claude/versions/'],
    packages: ['@anthropic-ai/claude-code'],
    titles: ['claude'],
    asServer: [['mcp', 'serve']],
  },
})
