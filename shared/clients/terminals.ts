/** Agents for the terminal that have files of a form of their own. */
import { apps, CONFIG_HOME, client, file, inProject, managed, withComments } from './build.ts'
import { OPENCODE_SERVERS } from './extensions.ts'
import type { ClientRow, KeyPath } from './row.ts'

const CODEX_SERVERS: readonly KeyPath[] = [['mcp_servers']]
const CODEX_HOME = { env: 'CODEX_HOME', otherwise: '.codex' } as const
const AMP_SERVERS: readonly KeyPath[] = [['amp.mcpServers']]
const GEMINI_FILES = ['system-defaults.json', 'settings.json']
/** Gemini's list of servers not to use. */
const EXCLUDED = [{ kind: 'names', at: ['mcp', 'excluded'] }] as const

export const CODEX = client('codex', 'Codex', {
  expansion: 'none',
  files: [
    file('config.toml', {
      base: CODEX_HOME,
      servers: CODEX_SERVERS,
      folders: { kind: 'keys', at: ['projects'] },
    }),
    file('*.config.toml', { base: CODEX_HOME, servers: CODEX_SERVERS, scope: 'profile' }),
    file('plugins/cache/*/*/*/.mcp.json', {
      base: CODEX_HOME,
      servers: [['mcpServers'], []],
      scope: 'plugin',
      expansion: 'environment',
    }),
    file('etc/codex/config.toml', { base: 'root', scope: 'managed', servers: CODEX_SERVERS }),
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
    expansion: 'shell',
    urlTransport: 'sse',
    files: [
      file('.gemini/settings.json', { switches: EXCLUDED }),
      file('.gemini/trustedFolders.json', { servers: [], folders: { kind: 'keys', at: [] } }),
      file('.gemini/extensions/*/gemini-extension.json', { scope: 'plugin' }),
      ...managed({
        linux: GEMINI_FILES.map((name) => `etc/gemini-cli/${name}`),
        darwin: GEMINI_FILES.map((name) => `Library/Application Support/GeminiCli/${name}`),
      }),
    ],
    projectFiles: [
      inProject('.gemini/settings.json', { switches: EXCLUDED }),
      inProject('.gemini/extensions/*/gemini-extension.json'),
    ],
    running: { executables: ['gemini'], packages: ['@google/gemini-cli'] },
  }),
  client('qwen', 'Qwen Code', {
    expansion: 'shell',
    urlTransport: 'sse',
    files: [
      file('.qwen/settings.json', { switches: EXCLUDED }),
      file('.qwen/extensions/*/qwen-extension.json', { scope: 'plugin' }),
    ],
    projectFiles: [inProject('.qwen/settings.json', { switches: EXCLUDED })],
    running: { executables: ['qwen'], packages: ['@qwen-code/qwen-code'] },
  }),
  client('goose', 'Goose', {
    files: [file('goose/config.yaml', { base: CONFIG_HOME, servers: [['extensions']] })],
    projectFiles: [inProject('.agents/plugins/*/.mcp.json', { servers: [['mcpServers'], []] })],
    running: { executables: ['goose', 'goosed'], paths: apps('Goose'), asServer: [['mcp']] },
  }),
  client('opencode', 'opencode', {
    expansion: 'braces',
    files: [
      file('opencode/config.json', { base: CONFIG_HOME, servers: OPENCODE_SERVERS }),
      ...withComments(
        file('opencode/opencode.json', { base: CONFIG_HOME, servers: OPENCODE_SERVERS }),
      ),
      ...withComments(file('.opencode/opencode.json', { servers: OPENCODE_SERVERS })),
      ...managed(
        {
          linux: ['etc/opencode/opencode.json', 'etc/opencode/opencode.jsonc'],
          darwin: ['Library/Application Support/opencode/opencode.json'],
        },
        { servers: OPENCODE_SERVERS },
      ),
    ],
    projectFiles: ['opencode.json', '.opencode/opencode.json'].flatMap((path) =>
      withComments(inProject(path, { servers: OPENCODE_SERVERS })),
    ),
    running: {
      executables: ['opencode', 'opencode.exe'],
      packages: ['opencode-ai'],
      paths: apps('OpenCode'),
    },
  }),
  client('amp', 'Amp', {
    files: withComments(file('amp/settings.json', { base: CONFIG_HOME, servers: AMP_SERVERS })),
    projectFiles: withComments(inProject('.amp/settings.json', { servers: AMP_SERVERS })),
    configOptions: ['--mcp-config'],
    running: { executables: ['amp'], packages: ['@sourcegraph/amp'] },
  }),
  client('copilot-cli', 'GitHub Copilot CLI', {
    expansion: 'shell',
    files: [
      file('mcp-config.json', { base: { env: 'COPILOT_HOME', otherwise: '.copilot' } }),
      // Where XDG_CONFIG_HOME had it for a while.
      file('mcp-config.json', { base: CONFIG_HOME }),
    ],
    projectFiles: [inProject('.github/mcp.json')],
    configOptions: ['--additional-mcp-config'],
    running: { executables: ['copilot'], packages: ['@github/copilot'] },
  }),
  client('crush', 'Crush', {
    expansion: 'shell',
    files: [file('crush/crush.json', { base: CONFIG_HOME, servers: [['mcp']] })],
    projectFiles: ['crush.json', '.crush.json'].map((path) =>
      inProject(path, { servers: [['mcp']] }),
    ),
    running: { executables: ['crush'], packages: ['@charmland/crush'] },
  }),
]
