// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is what people write into their configuration
/** What each client puts in the place of its own placeholders, and what it passes on as it stands. */
import { expect, it } from 'vitest'
import type { Candidate } from '../../../daemon/discover/candidate.ts'
import type { ArgPattern } from '../../../shared/model/server.ts'
import { HOME, inProject, own, read } from './setting.ts'

/** The first argument of a server in a file of the usual form, `*` for what is open. */
function argument(text: string, candidate: Candidate): string {
  const { single: _, ...plain } = candidate
  const file = { ...plain, format: 'json', servers: [['servers']] } as const
  const config = read(JSON.stringify({ servers: { a: { command: 'x', args: [text] } } }), file)
  return shown(config.servers[0]?.server.launch?.args[0])
}

function shown(pattern: ArgPattern | undefined): string {
  switch (pattern?.kind) {
    case undefined:
      return 'nothing'
    case 'literal':
      return pattern.value
    case 'glob':
      return pattern.parts.join('*')
    case 'digest':
      return 'hidden'
  }
}

const PROJECT = '/srv/p'
const claude = inProject('claude-code', PROJECT, '.mcp.json')
const vscode = inProject('vscode', PROJECT, '.vscode/mcp.json')
const cursor = inProject('cursor', PROJECT)
const extension = own('gemini', 'gemini-extension.json')

it.each<[string, Candidate, string, string]>([
  ['Claude Code', claude, '-a=${X}/b', '-a=*/b'],
  ['Claude Code', claude, '${X:-/etc}/b', '*/b'],
  ['Claude Code', claude, '${CLAUDE_PROJECT_DIR}/b', `${PROJECT}/b`],
  ['Claude Code', claude, '$X/b', '$X/b'],
  ['Cursor', cursor, '${env:X}/b', '*/b'],
  ['Cursor', cursor, '${workspaceFolder}${/}b', `${PROJECT}/b`],
  ['Cursor', cursor, '${userHome}${pathSeparator}b', `${HOME}/b`],
  ['Cursor', cursor, '${workspaceFolderBasename}.db', 'p.db'],
  ['VS Code', vscode, '${input:key}', '*'],
  ['VS Code', vscode, '${workspaceFolder}/b', `${PROJECT}/b`],
  ['VS Code', vscode, '~/b', '*/b'],
  ['VS Code', own('vscode', 'settings.json'), '${env:X}', '*'],
  ['a dev container', inProject('vscode', PROJECT, 'devcontainer.json'), '${localEnv:X}', '*'],
  ['Copilot CLI', own('copilot-cli', 'mcp-config.json'), '$X ${Y:-z}', '* *'],
  ['Windsurf', own('windsurf', 'mcp_config.json'), '${env:X}/b', '*/b'],
  ['Roo', inProject('roo', PROJECT), '${workspaceFolder}/${env:X}', `${PROJECT}/*`],
  ['Roo', own('roo', 'mcp_settings.json'), '${env:X}', '*'],
  ['Cline', own('cline', 'cline_mcp_settings.json'), '${env:X}', '*'],
  ['Gemini', own('gemini', '.gemini/settings.json'), '$X/b', '*/b'],
  ['Gemini', extension, '${extensionPath}${/}b', `${extension.pluginDir}/b`],
  ['Qwen', own('qwen', '.qwen/settings.json'), '${X}$Y', '**'],
  ['Kiro', own('kiro', 'settings/mcp.json'), '${X}/b', '*/b'],
  ['Kiro', own('kiro', 'settings/mcp.json'), '$X/b', '$X/b'],
  ['opencode', own('opencode', 'opencode.json'), '{env:X}/{file:~/b}', '*/*'],
  ['opencode', own('opencode', 'opencode.json'), '${X}', '${X}'],
  ['Kilo', inProject('kilo', PROJECT, 'kilo.json'), '{env:X}', '*'],
  ['Kilo of old', inProject('kilo', PROJECT, '.kilocode/mcp.json'), '${env:X}', '*'],
  ['Kilo of old', own('kilo', 'mcp_settings.json'), '${workspaceFolder}', '*'],
  ['MiMo Code', own('mimocode', 'mimocode.jsonc'), '{env:X}', '*'],
  ['Crush', own('crush', 'crush.json'), '$X/$(cat b)/${Y}', '*/*/*'],
  ['Continue', own('continue', 'config.yaml'), '-k=${{ secrets.X }}', '-k=*'],
  ['Amp', own('amp', 'settings.json'), '${X}/b', '*/b'],
  ['Factory', own('factory', 'mcp.json'), '${X}/b', '*/b'],
  ['Kimi', own('kimi', 'mcp.json'), '${X}/b', '*/b'],
  // A value that begins with `!` is a command in env and headers alone, which are not read.
  ['oh-my-pi', own('omp', 'mcp.json'), '${X:-y}', '*'],
  ['oh-my-pi', own('omp', 'mcp.json'), '!b', '!b'],
  ['LibreChat', inProject('librechat', PROJECT), '{{USER}}/${X}', '*/*'],
  ['a bundle', own('claude-desktop', 'manifest.json'), '${user_config.KEY}', '*'],
  ['a bundle', own('claude-desktop', 'manifest.json'), '${HOME}${/}b', `${HOME}/b`],
  ['a bundle', own('claude-desktop', 'manifest.json'), '${DOCUMENTS}/b', '*/b'],
  ['Zed', own('zed', 'zed/settings.json'), '${X}', '${X}'],
  ['Codex', own('codex', 'config.toml'), '$X', '$X'],
  ['a plugin of Codex', own('codex', '.mcp.json'), '${ANY_PLUGIN_ROOT}/b', '*/b'],
  ['Claude Desktop', own('claude-desktop', '_config.json'), '${X}', '${X}'],
  ['LM Studio', own('lmstudio', 'mcp.json'), '${X}', '${X}'],
])('%s: %s', (_, candidate, text, expected) => {
  expect(argument(text, candidate)).toBe(expected)
})

it('stores no value of a placeholder, whatever it is called', () => {
  const before = process.env['MCP_WATCH_TEST_SECRET']
  process.env['MCP_WATCH_TEST_SECRET'] = 'FIXTURE-SECRET-701'
  try {
    for (const client of [
      claude,
      vscode,
      own('crush', 'crush.json'),
      own('gemini', 'settings.json'),
    ])
      for (const text of [
        '${MCP_WATCH_TEST_SECRET}',
        '${env:MCP_WATCH_TEST_SECRET}',
        '$MCP_WATCH_TEST_SECRET',
      ])
        expect(argument(text, client)).not.toContain('FIXTURE-SECRET')
  } finally {
    if (before === undefined) delete process.env['MCP_WATCH_TEST_SECRET']
    else process.env['MCP_WATCH_TEST_SECRET'] = before
  }
})
