/** Clients that live inside of an editor: its process is theirs, so most of them are never seen running by themselves. */
import { apps, CONFIG_HOME, client, configOption, file, inProject, withComments } from './build.ts'
import type { ClientRow, ConfigFile, KeyPath } from './row.ts'

const EDITORS = [
  'Code', 'Code - Insiders', 'Code - OSS', 'VSCodium', 'Cursor', 'Windsurf', 'Windsurf - Next', 'Trae', 'Trae CN',
  'Antigravity', 'Kiro',
] // biome-ignore format: a list
const REMOTE_EDITORS = [
  '.vscode-server', '.vscode-server-insiders', '.vscodium-server', '.cursor-server', '.windsurf-server',
  '.antigravity-server', '.kiro-server', '.trae-server',
] // biome-ignore format: a list

/** A file that an extension keeps in whatever editor it is installed in. */
function globalStorage(path: string): ConfigFile[] {
  const editor = { expansion: 'editor' } as const
  return [
    ...EDITORS.map((name) =>
      file(`${name}/User/globalStorage/${path}`, { base: 'user-data', ...editor }),
    ),
    ...REMOTE_EDITORS.map((server) => file(`${server}/data/User/globalStorage/${path}`, editor)),
  ]
}

/** Version 1 has a map of servers at `mcp`, version 2 at `mcp.servers`. */
export const OPENCODE_SERVERS: readonly KeyPath[] = [['mcp'], ['mcp', 'servers']]
const COPILOT_SERVERS: readonly KeyPath[] = [['servers']]

const JETBRAINS_IDES = [
  'idea', 'pycharm', 'webstorm', 'goland', 'rider', 'clion', 'phpstorm', 'rubymine', 'rustrover', 'datagrip',
] // biome-ignore format: a list

export const EDITOR_EXTENSIONS: readonly ClientRow[] = [
  client('cline', 'Cline', {
    urlTransport: 'sse',
    files: [
      ...globalStorage('saoudrizwan.claude-dev/settings/cline_mcp_settings.json'),
      file('data/settings/cline_mcp_settings.json', {
        base: { env: 'CLINE_DIR', otherwise: '.cline' },
      }),
      file('settings/cline_mcp_settings.json', {
        base: { env: 'CLINE_DATA_DIR', otherwise: null },
      }),
      file('', { base: { fileEnv: 'CLINE_MCP_SETTINGS_PATH' } }),
      file('.cline/mcp.json'),
    ],
    running: { executables: ['cline'], packages: ['cline'] },
  }),
  client('roo', 'Roo Code', {
    expansion: 'editor',
    files: globalStorage('rooveterinaryinc.roo-cline/settings/mcp_settings.json'),
    projectFiles: [inProject('.roo/mcp.json')],
  }),
  client('kilo', 'Kilo Code', {
    expansion: 'braces',
    files: [
      ...withComments(file('kilo/kilo.json', { base: CONFIG_HOME, servers: OPENCODE_SERVERS })),
      ...globalStorage('kilocode.kilo-code/settings/mcp_settings.json'),
      file('.kilocode/cli/global/settings/mcp_settings.json', { expansion: 'editor' }),
    ],
    projectFiles: [
      ...['kilo.json', '.kilo/kilo.json'].flatMap((path) =>
        withComments(inProject(path, { servers: OPENCODE_SERVERS })),
      ),
      inProject('.kilocode/mcp.json', { expansion: 'editor' }),
    ],
    running: { executables: ['kilo'], packages: ['@kilocode/cli'] },
  }),
  client('continue', 'Continue', {
    expansion: 'template',
    files: [
      file('.continue/config.yaml'),
      file('.continue/config.json', {
        servers: [['mcpServers'], ['experimental', 'modelContextProtocolServers']],
      }),
      ...['yaml', 'yml', 'json'].map((end) => file(`.continue/mcpServers/*.${end}`)),
    ],
    projectFiles: [
      inProject('.continue/config.yaml'),
      ...['yaml', 'yml', 'json'].map((end) => inProject(`.continue/mcpServers/*.${end}`)),
    ],
    configOptions: [configOption('--config')],
    running: { packages: ['@continuedev/cli'] },
  }),
  client('amazonq', 'Amazon Q Developer', {
    files: [
      file('.aws/amazonq/mcp.json'),
      file('.aws/amazonq/default.json'),
      file('.aws/amazonq/agents/*.json', { scope: 'profile' }),
      file('.aws/amazonq/cli-agents/*.json', { scope: 'profile' }),
    ],
    projectFiles: ['mcp.json', 'default.json', 'agents/*.json', 'cli-agents/*.json'].map((path) =>
      inProject(`.amazonq/${path}`),
    ),
    running: { executables: ['qchat', 'amazon-q'], paths: apps('Amazon Q') },
  }),
  client('junie', 'Junie', {
    files: [file('.junie/mcp/mcp.json')],
    projectFiles: [inProject('.junie/mcp/mcp.json')],
    running: { executables: ['junie'], paths: apps('junie') },
  }),
  client('jetbrains', 'JetBrains AI Assistant', {
    files: [file('.ai/mcp/mcp.json')],
    projectFiles: [inProject('.ai/mcp/mcp.json')],
    running: {
      executables: JETBRAINS_IDES,
      paths: apps('IntelliJ IDEA', 'PyCharm', 'WebStorm', 'GoLand', 'Rider', 'CLion', 'PhpStorm'),
    },
  }),
  client('copilot-ide', 'GitHub Copilot in JetBrains and Xcode', {
    files: ['intellij', 'xcode'].map((ide) =>
      file(`.config/github-copilot/${ide}/mcp.json`, { servers: COPILOT_SERVERS }),
    ),
    running: { paths: apps('GitHub Copilot for Xcode') },
  }),
]
