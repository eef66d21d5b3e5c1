import { describe, expect, it } from 'vitest'
import {
  boxedFiles,
  clientFiles,
  knownClients,
  pathVariables,
} from '../../../shared/clients/paths.ts'
import { recogniseClient } from '../../../shared/clients/recognise.ts'
import { CLIENTS } from '../../../shared/clients/table.ts'
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type { Process } from '../../../shared/model/process.ts'

function running(over: Partial<Process>): Process {
  return {
    key: 'k' as ProcessKey,
    bootId: 'b',
    pid: 10,
    ppid: 1,
    pgid: 10,
    sid: 10,
    uid: 1000,
    startTicks: 1,
    epoch: 0,
    startedAt: 0,
    executable: null,
    comm: '',
    argv: [],
    argvForm: 'given',
    argvBytes: null,
    cwd: null,
    script: null,
    stdin: 'pipe',
    stdout: 'pipe',
    netns: null,
    readable: true,
    cgroup: null,
    ...over,
  }
}

const NODE = '/usr/bin/node'
const script = (name: string): Process['script'] => ({
  path: '/usr/lib/cli.js',
  realPath: '/usr/lib/cli.js',
  package: { ecosystem: 'npm', name, version: '1.0.0' },
})
const tool = (realPath: string): Process['script'] => ({ path: '/x', realPath, package: null })
const MAC = '/Applications'
const PYTHON = '/usr/bin/python3.12'

describe('recognises', () => {
  it.each<[string, Partial<Process>, string]>([
    [
      'a tool that uv installed',
      {
        executable: PYTHON,
        script: tool('/home/u/.local/share/uv/tools/mistral-vibe/bin/vibe'),
      },
      'vibe',
    ],
    [
      'one that pipx installed',
      { executable: PYTHON, script: tool('/home/u/.local/pipx/venvs/aider-chat/bin/aider') },
      'aider',
    ],
    [
      'a module that Python was told to run',
      { executable: PYTHON, argv: ['python', '-u', '-m', 'hermes_cli.main', 'gateway', 'run'] },
      'hermes',
    ],
    [
      'Docker’s gateway',
      { executable: '/usr/libexec/docker/cli-plugins/docker-mcp' },
      'docker-toolkit',
    ],
    ['an executable', { executable: '/usr/share/code/code' }, 'vscode'],
    ['one replaced by an update', { executable: '/usr/bin/codex (deleted)' }, 'codex'],
    [
      'a version for a name',
      { executable: '/home/u/.local/share/claude/versions/2.1.0' },
      'claude-code',
    ],
    ['Claude Desktop', { executable: `${MAC}/Claude.app/Contents/MacOS/Claude` }, 'claude-desktop'],
    [
      'Claude Code inside Claude Desktop',
      { executable: '/Users/u/Claude/claude-code/2.1.0/claude.app/Contents/MacOS/claude' },
      'claude-code',
    ],
    [
      'an editor’s helper',
      {
        executable: `${MAC}/Cursor.app/Contents/Frameworks/Cursor Helper (Plugin).app/Contents/MacOS/Cursor Helper (Plugin)`,
      },
      'cursor',
    ],
    [
      'the remote half of an editor',
      { executable: '/home/u/.vscode-server/bin/abc/node' },
      'vscode',
    ],
    [
      'a package run by node',
      { executable: NODE, argv: ['node', '/usr/bin/codex'], script: script('@openai/codex') },
      'codex',
    ],
    [
      'a client that renamed itself',
      { executable: NODE, argv: ['claude'], argvForm: 'rewritten' },
      'claude-code',
    ],
    ['argv[0] where nothing else is known', { argv: ['/usr/local/bin/codex', 'exec'] }, 'codex'],
    ['a program of an agent', { executable: '/home/u/.opencode/bin/opencode' }, 'opencode'],
    ['Zed', { executable: '/home/u/.local/zed.app/libexec/zed-editor' }, 'zed'],
    ['Goose’s own server', { executable: '/usr/lib/goose/resources/bin/goosed' }, 'goose'],
    ['Windsurf', { executable: `${MAC}/Windsurf.app/Contents/MacOS/Electron` }, 'windsurf'],
    [
      'Gemini CLI',
      { executable: NODE, argv: ['node', '/x/gemini.js'], script: script('@google/gemini-cli') },
      'gemini',
    ],
    [
      'Copilot CLI',
      { executable: NODE, argv: ['node', '/x/i.js'], script: script('@github/copilot') },
      'copilot-cli',
    ],
    [
      'a joined line with spaces in the path',
      {
        argv: [`${MAC}/Visual Studio Code.app/Contents/MacOS/Electron --type=utility`],
        argvForm: 'joined',
      },
      'vscode',
    ],
  ])('%s', (_, over, id) => {
    expect(recogniseClient(running(over))).toBe(id)
  })
})

describe('does not take for a client', () => {
  it.each<[string, Partial<Process>]>([
    ['another program that calls itself one', { executable: '/tmp/evil', argv: ['claude'] }],
    [
      'another program that renamed itself to one',
      { executable: '/tmp/evil', argv: ['claude'], argvForm: 'rewritten' },
    ],
    ['node with a forged argv[0]', { executable: NODE, argv: ['codex', 'x.js'] }],
    [
      'a client’s title that never renames itself',
      { executable: NODE, argv: ['codex'], argvForm: 'rewritten' },
    ],
    ['another package', { executable: NODE, script: script('claude-code') }],
    [
      'the wrapper that starts servers',
      { executable: `${MAC}/Claude.app/Contents/Helpers/disclaimer` },
    ],
    ['a client as server', { executable: '/usr/bin/codex', argv: ['codex', 'mcp-server'] }],
    ['Claude Code as server', { executable: '/usr/bin/claude', argv: ['claude', 'mcp', 'serve'] }],
    [
      'a program that opens a client’s file',
      { argv: [`/usr/bin/vim ${MAC}/Cursor.app/Contents/MacOS/Cursor`], argvForm: 'joined' },
    ],
    [
      'an argument with a client’s path',
      { executable: '/usr/bin/grep', argv: ['grep', '/bin/codex'] },
    ],
    ['a part of Goose as server', { executable: '/usr/bin/goose', argv: ['goose', 'mcp', 'x'] }],
    ['a name that begins as a client’s', { executable: '/usr/bin/opencode-server' }],
    ['a folder with a client’s name', { executable: '/srv/opencode/server' }],
    [
      'a client’s package in a file name',
      { executable: NODE, argv: ['node', '/x/@github/copilot'] },
    ],
    ['nothing', {}],
    [
      'a script that is only called as a tool’s',
      { executable: PYTHON, script: tool('/home/u/mistral-vibe/bin/vibe') },
    ],
    [
      'a module that is an argument',
      { executable: PYTHON, argv: ['python', 'x.py', '-m', 'hermes_cli.main'] },
    ],
    [
      'a module that something else than Python is told of',
      { executable: NODE, argv: ['python', '-m', 'hermes_cli.main'] },
    ],
    [
      'the Python of a tool’s environment',
      { executable: '/home/u/.local/share/uv/tools/mistral-vibe/bin/python3' },
    ],
  ])('%s', (_, over) => {
    expect(recogniseClient(running(over))).toBeNull()
  })
})

describe('paths', () => {
  const filesOn = (platform: 'linux' | 'darwin'): string[] => {
    const system = { platform, home: '/h', env: {} }
    return [...clientFiles(system), ...boxedFiles(system)].map(
      ({ folder, pattern }) => `${folder}/${pattern}`,
    )
  }
  const paths = (id: string, system: Parameters<typeof knownClients>[0]): readonly string[] =>
    knownClients(system).find((client) => client.id === id)?.paths ?? []

  it('are those of the platform', () => {
    const mac = { platform: 'darwin', home: '/Users/u', env: { XDG_CONFIG_HOME: '/x' } } as const
    expect(paths('claude-desktop', mac)[0]).toBe(
      '/Users/u/Library/Application Support/Claude/claude_desktop_config.json',
    )
    expect(paths('claude-code', mac)).toContain(
      '/Library/Application Support/ClaudeCode/managed-mcp.json',
    )
    const linux = { platform: 'linux', home: '/home/u/', env: { XDG_CONFIG_HOME: '/x' } } as const
    expect(paths('vscode', linux)).toContain('/x/Code/User/profiles/*/mcp.json')
    expect(paths('claude-code', linux)).toEqual([
      '/home/u/.claude.json',
      '/etc/claude-code/managed-mcp.json',
      '/etc/claude-code/managed-settings.json',
      '/etc/claude-code/managed-settings.d/*.json',
    ])
  })

  it('are moved by variables, or named by them alone', () => {
    const of = (env: Record<string, string>, id: string): readonly string[] =>
      paths(id, { platform: 'linux', home: '/h', env })
    expect(of({ OPENCODE_CONFIG: '/x/my.json' }, 'opencode')).toContain('/x/my.json')
    expect(of({ OPENCODE_CONFIG_DIR: '/x/' }, 'opencode')).toContain('/x/opencode.jsonc')
    expect(of({ GOOSE_PATH_ROOT: '/x' }, 'goose')).toContain('/x/config/config.yaml')
    expect(of({ XDG_STATE_HOME: '/x' }, 'toolhive')).toEqual(['/x/toolhive/runconfigs/*.json'])
    expect(of({ CLINE_MCP_SETTINGS_PATH: 'x.json' }, 'cline')).toEqual(of({}, 'cline'))
    expect([...pathVariables()]).toEqual(
      expect.arrayContaining(['CODEX_HOME', 'OPENCODE_CONFIG', 'GOOSE_CONFIG_DIR']),
    )
  })

  it('are in the boxes of flatpak and snap as they are in a home', () => {
    const all = filesOn('linux')
    for (const path of [
      '/h/.var/app/*/config/Code/User/mcp.json',
      '/h/.var/app/*/config/zed/settings.json',
      '/h/.var/app/*/data/zed/extensions/installed/*/extension.toml',
      '/h/.var/app/*/.codex/config.toml',
      '/h/snap/*/current/.config/Code/User/mcp.json',
      '/h/.snap/data/*/current/.cursor/mcp.json',
    ])
      expect(all).toContain(path)
    expect(filesOn('darwin').filter((path) => path.includes('/snap/'))).toEqual([])
  })

  it('ignore relative variables', () => {
    const system = { platform: 'linux', home: '/h', env: { CODEX_HOME: 'x' } } as const
    expect(paths('codex', system)).toContain('/h/.codex/config.toml')
  })

  it('of no two files are the same, and no id is used twice', () => {
    for (const platform of ['linux', 'darwin'] as const) {
      const all = filesOn(platform)
      expect(new Set(all).size).toBe(all.length)
    }
    const project = CLIENTS.flatMap((client) => client.projectFiles.map(({ path }) => path))
    expect(new Set(project).size).toBe(project.length)
    expect(new Set(CLIENTS.map(({ id }) => id)).size).toBe(CLIENTS.length)
  })

  it('hold at most one star a segment', () => {
    for (const path of filesOn('linux'))
      for (const segment of path.split('/')) expect(segment.split('*').length).toBeLessThan(3)
  })
})
