/** Agents for the terminal and frameworks, most of which have the usual map in a place of their own. */
import { CONFIG_HOME, client, configOption, file, inProject } from './build.ts'
import type { ClientRow, KeyPath } from './row.ts'

const SNAKE: readonly KeyPath[] = [['mcp_servers']]

export const MORE_TERMINALS: readonly ClientRow[] = [
  client('factory', 'Factory', {
    files: [file('.factory/mcp.json')],
    projectFiles: [inProject('.factory/mcp.json')],
    running: { executables: ['droid'] },
  }),
  client('kimi', 'Kimi', {
    files: [file('.kimi/mcp.json'), file('.kimi-code/mcp.json')],
    projectFiles: [inProject('.kimi-code/mcp.json')],
    configOptions: [configOption('--mcp-config-file')],
    running: { executables: ['kimi'], pythonTools: ['kimi-cli'] },
  }),
  client('vibe', 'Mistral Vibe', {
    files: [file('.vibe/config.toml', { servers: SNAKE })],
    projectFiles: [inProject('.vibe/config.toml', { servers: SNAKE })],
    running: { pythonTools: ['mistral-vibe'] },
  }),
  client('qoder', 'Qoder', {
    files: [file('.qoder/mcp.json'), file('.qoder/settings.json')],
    running: { executables: ['qoder', 'qodercli'] },
  }),
  client('hermes', 'Hermes', {
    files: [file('.hermes/config.yaml', { servers: SNAKE })],
    running: { pythonTools: ['hermes-agent'], modules: ['hermes_cli'] },
  }),
  client('omp', 'oh-my-pi', {
    files: [
      ...['mcp.json', '.mcp.json'].map((name) =>
        file(`.omp/agent/${name}`, { switches: [{ kind: 'names', at: ['disabledServers'] }] }),
      ),
      file('.omp/profiles/*/agent/mcp.json', { scope: 'profile' }),
    ],
    projectFiles: ['.omp/mcp.json', '.omp/.mcp.json', 'mcp.json'].map((path) => inProject(path)),
    running: { executables: ['omp'] },
  }),
  client('codebuddy', 'CodeBuddy', {
    files: [
      file('.codebuddy/.mcp.json', {
        switches: [{ kind: 'names', at: ['disabledMcpServers'] }],
      }),
      file('.codebuddy/mcp.json'),
      file('.codebuddy.json', {
        servers: [['mcpServers'], ['projects', '*', 'mcpServers']],
        folders: { kind: 'keys', at: ['projects'] },
      }),
    ],
    running: { executables: ['codebuddy'], packages: ['@tencent-ai/codebuddy-code'] },
  }),
  client('auggie', 'Augment', {
    files: [file('.augment/settings.json')],
    projectFiles: [inProject('.augment/settings.json'), inProject('.augment/settings.local.json')],
    configOptions: [configOption('--mcp-config')],
    running: { packages: ['@augmentcode/auggie'] },
  }),
  client('grok', 'Grok Build', {
    files: [file('.grok/config.toml', { servers: SNAKE })],
    projectFiles: [inProject('.grok/config.toml', { servers: SNAKE })],
    running: { executables: ['grok'] },
  }),
  client('devin', 'Devin', {
    files: [file('.config/devin/mcp_config.json'), file('.config/devin/config.json')],
    projectFiles: ['mcp_config.json', 'mcp_config.local.json', 'config.json'].map((name) =>
      inProject(`.devin/${name}`),
    ),
    running: { executables: ['devin'] },
  }),
  client('rovodev', 'Rovo Dev', {
    files: [
      file('.rovodev/mcp.json'),
      file('.rovodev/config.yml', {
        servers: [],
        elsewhere: ['mcp', 'mcpConfigPath'],
        switches: [{ kind: 'names', at: ['mcp', 'disabledMcpServers'] }],
      }),
    ],
    projectFiles: [inProject('.rovodev/mcp.json')],
  }),
  client('gitlab-duo', 'GitLab Duo', {
    files: [file('.gitlab/duo/mcp.json')],
    projectFiles: [inProject('.gitlab/duo/mcp.json')],
    running: { executables: ['duo'], packages: ['@gitlab/duo-cli'] },
  }),
  client('pi', 'Pi', {
    files: [file('.pi/agent/mcp.json')],
    projectFiles: [inProject('.pi/mcp.json')],
    running: { packages: ['@mariozechner/pi-coding-agent'] },
  }),
  client('codebuff', 'Codebuff', {
    files: [file('.agents/mcp.json', { servers: [['mcpServers'], []] })],
    projectFiles: [inProject('.agents/mcp.json', { servers: [['mcpServers'], []] })],
    running: { executables: ['codebuff', 'freebuff'], packages: ['codebuff'] },
  }),
  client('bob', 'IBM Bob', {
    files: [file('.bob/settings/mcp.json'), file('.bob/mcp_settings.json')],
    projectFiles: [inProject('.bob/mcp.json')],
  }),
  client('commandcode', 'Command Code', { files: [file('.commandcode/mcp.json')] }),
  client('codewhale', 'Codewhale', {
    files: [file('.codewhale/mcp.json', { servers: [['servers'], ['mcpServers']] })],
    projectFiles: [inProject('.codewhale/mcp.json', { servers: [['servers'], ['mcpServers']] })],
  }),
  client('deepagents', 'Deep Agents', {
    files: [file('.deepagents/.mcp.json')],
    projectFiles: [inProject('.deepagents/.mcp.json')],
    running: { pythonTools: ['deepagents-cli'] },
  }),
  client('muse', 'Muse Code', {
    files: [file('.config/muse/settings.json', { servers: SNAKE })],
  }),
  client('mimocode', 'MiMo Code', {
    expansion: 'braces',
    files: [file('.config/mimocode/mimocode.jsonc', { servers: [['mcp'], ['mcp', 'servers']] })],
    projectFiles: [
      inProject('.mimocode/mimocode.jsonc', { servers: [['mcp'], ['mcp', 'servers']] }),
    ],
  }),
  client('pool', 'Poolside', {
    files: [file('.config/poolside/settings.yaml', { servers: SNAKE })],
    projectFiles: ['settings.yaml', 'settings.local.yaml'].map((name) =>
      inProject(`.poolside/${name}`, { servers: SNAKE }),
    ),
  }),
  client('reasonix', 'Reasonix', {
    files: [file('.reasonix/config.toml', { servers: [['plugins']] })],
    projectFiles: [inProject('reasonix.toml', { servers: [['plugins']] })],
  }),
  client('dsh', 'DeepSeek Harness', {
    files: [file('.dsh/cordis.patch.yml', { servers: [], patches: '@deepseek-ai/dsh-mcp-client' })],
    running: { packages: ['@deepseek-ai/dsh'] },
  }),
  client('openhands', 'OpenHands', {
    files: [
      file('.openhands/mcp.json'),
      file('.openhands/config.toml', {
        servers: [
          ['mcp', 'stdio_servers'],
          ['mcp', 'shttp_servers'],
          ['mcp', 'sse_servers'],
        ],
      }),
    ],
    running: { executables: ['openhands'], pythonTools: ['openhands', 'openhands-ai'] },
  }),
  client('librechat', 'LibreChat', {
    expansion: 'template',
    files: [],
    projectFiles: [inProject('librechat.yaml')],
  }),
  client('tabnine', 'Tabnine', {
    files: [file('.tabnine/mcp_servers.json')],
    projectFiles: [inProject('.tabnine/mcp_servers.json')],
  }),
  client('cortex', 'Snowflake Cortex Code', { files: [file('.snowflake/cortex/mcp.json')] }),
  client('abacus', 'Abacus.AI', {
    files: [file('.abacusai/mcp.json')],
    projectFiles: [inProject('.abacusai/mcp.json')],
  }),
  client('aider', 'Aider', {
    files: [file('.aider/mcp.yml')],
    projectFiles: [inProject('.aider.mcp.yml')],
    running: { pythonTools: ['aider-chat'] },
  }),
  client('nanobot', 'nanobot', {
    files: [
      file('.nanobot/config.json', {
        servers: [
          ['tools', 'mcpServers'],
          ['mcp', 'servers'],
        ],
      }),
    ],
    running: { pythonTools: ['nanobot-ai'] },
  }),
  client('home-manager', 'Nix programs.mcp', {
    files: [file('mcp/mcp.json', { base: CONFIG_HOME })],
  }),
]
