/**
 * The clients that the npm registry has. `add` is what its user would type to have the server configured, `start` what makes it
 * start its servers: none of them needs an account for that, and nobody answers them.
 */
const claude = {
  id: 'claude-code',
  bin: 'claude',
  files: ['.claude.json'],
  keep: ['mcpServers'],
  add: ({ name, command, args }) => ['mcp', 'add', '-s', 'user', name, '--', command, ...args],
  start: ['mcp', 'list'],
}

const qwen = {
  id: 'qwen',
  bin: 'qwen',
  files: ['.qwen/settings.json'],
  keep: ['mcpServers'],
  add: ({ name, command, args }) => ['mcp', 'add', '-s', 'user', name, command, '--', ...args],
  start: ['mcp', 'list'],
}

const gemini = {
  id: 'gemini',
  bin: 'gemini',
  files: ['.gemini/settings.json'],
  keep: ['mcpServers'],
  add: ({ name, command, args }) => ['mcp', 'add', '-s', 'user', name, command, '--', ...args],
  start: ['mcp', 'list'],
  /** It starts servers only where the user said so. */
  before: ({ write, home }) =>
    write(`${home}/.gemini/trustedFolders.json`, `{"${home}/project":"TRUST_FOLDER"}`),
}

const codex = {
  id: 'codex',
  bin: 'codex',
  files: ['.codex/config.toml'],
  add: ({ name, command, args }) => ['mcp', 'add', name, '--', command, ...args],
  start: ['exec', '--skip-git-repo-check', 'hello'],
  env: { CODEX_API_KEY: 'none' },
}

const copilot = {
  id: 'copilot-cli',
  bin: 'copilot',
  files: ['.copilot/mcp-config.json'],
  add: ({ name, command, args }) => ['mcp', 'add', name, '--', command, ...args],
  start: ['-p', 'hello', '--allow-all-tools'],
  /** A model of one's own, of which nothing is there: the servers are started before it is asked. */
  env: {
    COPILOT_OFFLINE: 'true',
    COPILOT_MODEL: 'own',
    COPILOT_PROVIDER_BASE_URL: 'http://127.0.0.1:9/v1',
    COPILOT_PROVIDER_API_KEY: 'none',
  },
}

const opencode = {
  id: 'opencode',
  bin: 'opencode',
  files: ['.config/opencode/opencode.jsonc', '.config/opencode/opencode.json'],
  keep: ['mcp'],
  add: ({ name, command, args }) => ['mcp', 'add', name, '--', command, ...args],
  start: ['mcp', 'list'],
}

const mcporter = {
  id: 'mcporter',
  bin: 'mcporter',
  files: ['.mcporter/mcporter.json'],
  add: ({ name, command, args }) =>
    ['config', 'add', name, '--scope', 'home', '--command', command].concat(
      args.flatMap((word) => ['--arg', word]),
    ),
  start: ['list'],
}

export const CLIENTS = [claude, qwen, gemini, codex, copilot, opencode, mcporter]
