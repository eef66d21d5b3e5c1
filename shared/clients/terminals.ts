/** Agents for the terminal that have files of a form of their own. */
import {
  apps,
  CONFIG_HOME,
  client,
  configOption,
  DATA_HOME,
  file,
  inProject,
  managed,
  PLUGIN_SERVERS,
  withComments,
} from './build.ts'
import { OPENCODE_SERVERS } from './extensions.ts'
import type { ClientRow, ConfigFile, KeyPath, SwitchSource } from './row.ts'

const CODEX_SERVERS: readonly KeyPath[] = [['mcp_servers']]
const CODEX_HOME = { env: 'CODEX_HOME', otherwise: '.codex' } as const
/** The cache keeps former versions. */
const CODEX_PLUGIN = {
  base: CODEX_HOME,
  scope: 'plugin',
  expansion: 'environment',
  isCopy: true,
} as const
const AMP_SERVERS: readonly KeyPath[] = [['amp.mcpServers']]
const GEMINI_FILES = ['system-defaults.json', 'settings.json']
const COPILOT_HOME = { env: 'COPILOT_HOME', otherwise: '.copilot' } as const
const COPILOT_PLUGIN = 'installed-plugins/*/*'
const COPILOT_BROUGHT = { base: COPILOT_HOME, scope: 'plugin' } as const
const GOOSE_SERVERS: readonly KeyPath[] = [['extensions']]

const CRUSH_PROGRAM = { servers: [['mcp']], format: 'shell' } as const

/** Gemini's lists of servers to use and not to use. */
const GEMINI_LISTS: readonly SwitchSource[] = [
  { kind: 'allowed', at: ['mcp', 'allowed'] },
  { kind: 'names', at: ['mcp', 'excluded'] },
]

/** What Gemini CLI and what was made from it have; the names of the system's folders differ. */
function gemini(
  folder: string,
  extension: string,
  system: { readonly linux: string; readonly darwin: string; readonly variable: string },
): Pick<ClientRow, 'expansion' | 'urlTransport' | 'files' | 'projectFiles'> {
  const inSystem = (place: string): string[] => GEMINI_FILES.map((name) => `${place}/${name}`)
  const settings = { switches: GEMINI_LISTS }
  return {
    expansion: 'shell',
    urlTransport: 'sse',
    files: [
      file(`${folder}/settings.json`, settings),
      file(`${folder}/trustedFolders.json`, { servers: [], folders: { kind: 'keys', at: [] } }),
      file(`${folder}/extensions/*/${extension}`, { scope: 'plugin' }),
      ...managed({ linux: inSystem(system.linux), darwin: inSystem(system.darwin) }, settings),
      ...['DEFAULTS', 'SETTINGS'].map((which) =>
        file('', {
          base: { fileEnv: `${system.variable}_SYSTEM_${which}_PATH` },
          scope: 'managed',
          ...settings,
        }),
      ),
    ],
    projectFiles: [
      inProject(`${folder}/settings.json`, settings),
      inProject(`${folder}/extensions/*/${extension}`),
    ],
  }
}

const OPENCODE: Partial<ConfigFile> = {
  servers: OPENCODE_SERVERS,
  switches: OPENCODE_SERVERS.map((at) => ({ kind: 'entries', at })),
}

export const CODEX = client('codex', 'Codex', {
  expansion: 'none',
  files: [
    file('config.toml', {
      base: CODEX_HOME,
      servers: CODEX_SERVERS,
      folders: { kind: 'keys', at: ['projects'] },
    }),
    file('*.config.toml', { base: CODEX_HOME, servers: CODEX_SERVERS, scope: 'profile' }),
    file('plugins/cache/*/*/*/.mcp.json', { ...CODEX_PLUGIN, servers: PLUGIN_SERVERS }),
    ...['.codex-plugin', '.claude-plugin'].map((folder) =>
      file(`plugins/cache/*/*/*/${folder}/plugin.json`, {
        ...CODEX_PLUGIN,
        elsewhere: ['mcpServers'],
      }),
    ),
    file('etc/codex/config.toml', { base: 'root', scope: 'managed', servers: CODEX_SERVERS }),
    file('etc/codex/requirements.toml', {
      base: 'root',
      scope: 'managed',
      servers: [],
      switches: [{ kind: 'allowed', at: ['mcp_servers'] }],
    }),
  ],
  projectFiles: [inProject('.codex/config.toml', { servers: CODEX_SERVERS })],
  running: {
    executables: [
      'codex',
      'codex-x86_64-unknown-linux-musl',
      'codex-aarch64-unknown-linux-musl',
      'codex-x86_64-apple-darwin',
      'codex-aarch64-apple-darwin',
    ],
    paths: apps('Codex'),
    packages: ['@openai/codex'],
    asServer: [['mcp-server'], ['mcp', 'serve']],
  },
})

export const TERMINALS: readonly ClientRow[] = [
  client('gemini', 'Gemini CLI', {
    ...gemini('.gemini', 'gemini-extension.json', {
      linux: 'etc/gemini-cli',
      darwin: 'Library/Application Support/GeminiCli',
      variable: 'GEMINI_CLI',
    }),
    running: { executables: ['gemini'], packages: ['@google/gemini-cli'] },
  }),
  client('qwen', 'Qwen Code', {
    ...gemini('.qwen', 'qwen-extension.json', {
      linux: 'etc/qwen-code',
      darwin: 'Library/Application Support/QwenCode',
      variable: 'QWEN_CODE',
    }),
    running: { executables: ['qwen'], packages: ['@qwen-code/qwen-code'] },
  }),
  client('goose', 'Goose', {
    files: [
      file('goose/config.yaml', { base: CONFIG_HOME, servers: GOOSE_SERVERS }),
      file('config.yaml', {
        base: { env: 'GOOSE_CONFIG_DIR', otherwise: null },
        servers: GOOSE_SERVERS,
      }),
      file('config/config.yaml', {
        base: { env: 'GOOSE_PATH_ROOT', otherwise: null },
        servers: GOOSE_SERVERS,
      }),
    ],
    projectFiles: [inProject('.agents/plugins/*/.mcp.json', { servers: PLUGIN_SERVERS })],
    configOptions: [configOption('--recipe', { servers: GOOSE_SERVERS })],
    running: { executables: ['goose', 'goosed'], paths: apps('Goose'), asServer: [['mcp']] },
  }),
  client('opencode', 'opencode', {
    expansion: 'braces',
    files: [
      file('opencode/config.json', { base: CONFIG_HOME, ...OPENCODE }),
      ...withComments(file('opencode/opencode.json', { base: CONFIG_HOME, ...OPENCODE })),
      ...withComments(file('.opencode/opencode.json', OPENCODE)),
      file('', { base: { fileEnv: 'OPENCODE_CONFIG' }, ...OPENCODE }),
      ...withComments(
        file('opencode.json', {
          base: { env: 'OPENCODE_CONFIG_DIR', otherwise: null },
          ...OPENCODE,
        }),
      ),
      ...managed(
        {
          linux: ['etc/opencode/opencode.json', 'etc/opencode/opencode.jsonc'],
          darwin: ['', 'c'].map(
            (end) => `Library/Application Support/opencode/opencode.json${end}`,
          ),
        },
        OPENCODE,
      ),
    ],
    projectFiles: ['opencode.json', '.opencode/opencode.json'].flatMap((path) =>
      withComments(inProject(path, OPENCODE)),
    ),
    running: {
      executables: ['opencode', 'opencode.exe'],
      packages: ['opencode-ai'],
      paths: apps('OpenCode'),
    },
  }),
  client('amp', 'Amp', {
    files: [
      ...withComments(file('amp/settings.json', { base: CONFIG_HOME, servers: AMP_SERVERS })),
      file('', { base: { fileEnv: 'AMP_SETTINGS_FILE' }, servers: AMP_SERVERS }),
      ...managed(
        {
          linux: ['etc/ampcode/managed-settings.json'],
          darwin: ['Library/Application Support/ampcode/managed-settings.json'],
        },
        { servers: AMP_SERVERS },
      ),
    ],
    projectFiles: withComments(inProject('.amp/settings.json', { servers: AMP_SERVERS })),
    configOptions: [
      configOption('--mcp-config', { servers: [...AMP_SERVERS, ...PLUGIN_SERVERS] }),
      configOption('--settings-file', { servers: AMP_SERVERS }),
    ],
    running: { executables: ['amp'], packages: ['@sourcegraph/amp'] },
  }),
  client('copilot-cli', 'GitHub Copilot CLI', {
    expansion: 'shell',
    files: [
      file('mcp-config.json', { base: COPILOT_HOME }),
      // Where XDG_CONFIG_HOME had it for a while.
      file('mcp-config.json', { base: CONFIG_HOME }),
      file(`${COPILOT_PLUGIN}/.mcp.json`, { ...COPILOT_BROUGHT, servers: PLUGIN_SERVERS }),
      ...['plugin.json', '.claude-plugin/plugin.json'].map((name) =>
        file(`${COPILOT_PLUGIN}/${name}`, { ...COPILOT_BROUGHT, elsewhere: ['mcpServers'] }),
      ),
      file('config.json', {
        base: COPILOT_HOME,
        servers: [],
        folders: { kind: 'lists', at: [['trustedFolders'], ['trusted_folders']] },
      }),
    ],
    projectFiles: [inProject('.github/mcp.json')],
    configOptions: [configOption('--additional-mcp-config')],
    running: { executables: ['copilot'], packages: ['@github/copilot'] },
  }),
  client('crush', 'Crush', {
    expansion: 'shell',
    files: [
      ...[CONFIG_HOME, DATA_HOME].map((base) =>
        file('crush/crush.json', { base, servers: [['mcp']] }),
      ),
      file('crush/crushrc', { base: CONFIG_HOME, ...CRUSH_PROGRAM }),
      file('crush/plugins/*.sh', { base: CONFIG_HOME, ...CRUSH_PROGRAM, scope: 'plugin' }),
    ],
    projectFiles: [
      ...['crush.json', '.crush.json'].map((path) => inProject(path, { servers: [['mcp']] })),
      ...['crushrc', '.crushrc', '.crush/plugins/*.sh'].map((path) =>
        inProject(path, CRUSH_PROGRAM),
      ),
    ],
    running: { executables: ['crush'], packages: ['@charmland/crush'] },
  }),
]
