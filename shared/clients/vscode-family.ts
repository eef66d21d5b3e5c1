/** VS Code and the editors made from it. */
import { apps, client, file, inProject, MCP_SERVERS, PLUGIN_SERVERS } from './build.ts'
import type { ClientRow, ConfigFile, ConfigOption, Expansion, KeyPath, Recognition } from './row.ts'

export const VSCODE_SERVERS: readonly KeyPath[] = [['servers']]
/**
 * `"mcp": { "servers": … }`, which the settings editor also writes as one dotted key. Amp's extension keeps its servers
 * in the editor's settings.
 */
export const VSCODE_SETTINGS: readonly KeyPath[] = [
  ['mcp', 'servers'],
  ['mcp.servers'],
  ['amp.mcpServers'],
]
const DEVCONTAINER: readonly KeyPath[] = [['customizations', 'vscode', 'mcp', 'servers']]
const DEVCONTAINERS = [
  '.devcontainer/devcontainer.json',
  '.devcontainer/*/devcontainer.json',
  '.devcontainer.json',
]

/** `folder` is the application's data folder, `server` the one of its remote half. */
function vscode(
  id: string,
  name: string,
  options: {
    readonly folder: string
    readonly server: string
    readonly executables: readonly string[]
    readonly apps: readonly string[]
    readonly files?: ClientRow['files']
    readonly projectFiles?: ClientRow['projectFiles']
  },
): ClientRow {
  const user = `${options.folder}/User`
  const data = { base: 'user-data', servers: VSCODE_SERVERS } as const
  return client(id, name, {
    expansion: 'editor',
    files: [
      file(`${user}/mcp.json`, data),
      file(`${user}/settings.json`, { ...data, servers: VSCODE_SETTINGS }),
      file(`${user}/profiles/*/mcp.json`, { ...data, scope: 'profile' }),
      file(`${user}/profiles/*/settings.json`, {
        ...data,
        servers: VSCODE_SETTINGS,
        scope: 'profile',
      }),
      // What the editor on another machine has its remote half read here.
      ...['User', 'Machine'].flatMap((part) => [
        file(`${options.server}/data/${part}/mcp.json`, { servers: VSCODE_SERVERS }),
        file(`${options.server}/data/${part}/settings.json`, { servers: VSCODE_SETTINGS }),
      ]),
      ...(options.files ?? []),
      workspaceStorage(options.folder),
    ],
    projectFiles: options.projectFiles ?? [],
    configOptions: [USER_DATA_DIR],
    running: {
      executables: options.executables,
      paths: [...apps(...options.apps), `/${options.server}/bin/`, `/${options.server}/cli/`],
    },
  })
}

/** Moves all that the editor keeps, its settings included. */
const USER_DATA_DIR: ConfigOption = {
  option: '--user-data-dir',
  files: [
    inProject('User/mcp.json', { servers: VSCODE_SERVERS }),
    inProject('User/settings.json', { servers: VSCODE_SETTINGS }),
  ],
}

/** Tells of the folders and workspaces that were open in the editor. */
export function workspaceStorage(folder: string): ConfigFile {
  return file(`${folder}/User/workspaceStorage/*/workspace.json`, {
    base: 'user-data',
    servers: [],
    folders: { kind: 'workspace-storage' },
  })
}

/** Servers inside a `.code-workspace` file, which workspace storage leads to. */
export const CODE_WORKSPACE_SERVERS: readonly KeyPath[] = VSCODE_SETTINGS.map((path) => [
  'settings',
  ...path,
])

/** Editors that took the code and made a place of their own for servers. */
function fork(
  id: string,
  name: string,
  folder: string,
  options: Pick<ClientRow, 'files'> & {
    readonly projectFiles?: ClientRow['projectFiles']
    readonly expansion?: Expansion
    readonly running: Partial<Recognition>
  },
): ClientRow {
  const { files, running, ...rest } = options
  return client(id, name, {
    expansion: 'editor',
    ...rest,
    files: [...files, workspaceStorage(folder)],
    running: { ...running, paths: [...apps(folder), ...(running.paths ?? [])] },
  })
}

export const VSCODE_FAMILY: readonly ClientRow[] = [
  vscode('vscode', 'Visual Studio Code', {
    folder: 'Code',
    server: '.vscode-server',
    executables: ['code'],
    apps: ['Visual Studio Code'],
    // Besides the one in the application data, in either form.
    files: [file('.vscode/mcp.json', { servers: [['servers'], ['mcpServers']] })],
    projectFiles: [
      inProject('.vscode/mcp.json', { servers: VSCODE_SERVERS }),
      inProject('.vscode/settings.json', { servers: VSCODE_SETTINGS }),
      ...DEVCONTAINERS.map((path) => inProject(path, { servers: DEVCONTAINER })),
    ],
  }),
  vscode('vscode-insiders', 'Visual Studio Code Insiders', {
    folder: 'Code - Insiders',
    server: '.vscode-server-insiders',
    executables: ['code-insiders'],
    apps: ['Visual Studio Code - Insiders'],
  }),
  vscode('code-oss', 'Code - OSS', {
    folder: 'Code - OSS',
    server: '.vscode-server-oss',
    executables: ['code-oss'],
    apps: ['Code - OSS'],
  }),
  vscode('vscodium', 'VSCodium', {
    folder: 'VSCodium',
    server: '.vscodium-server',
    executables: ['codium', 'VSCodium'],
    apps: ['VSCodium'],
  }),
  fork('windsurf', 'Windsurf', 'Windsurf', {
    files: [file('.codeium/windsurf/mcp_config.json'), file('.codeium/mcp_config.json')],
    projectFiles: [inProject('.windsurf/mcp_config.json')],
    running: {
      executables: ['windsurf'],
      paths: ['/.windsurf-server/bin/', ...apps('Windsurf - Next')],
    },
  }),
  fork('kiro', 'Kiro', 'Kiro', {
    files: [
      file('.kiro/settings/mcp.json', { servers: [['mcpServers'], ['powers', 'mcpServers']] }),
      file('.kiro/agents/*.json', { scope: 'profile' }),
      // Kiro takes over into the first what it runs of these.
      file('.kiro/powers/installed/*/mcp.json', { scope: 'plugin', isCopy: true }),
    ],
    projectFiles: [inProject('.kiro/settings/mcp.json'), inProject('.kiro/agents/*.json')],
    expansion: 'environment',
    running: {
      executables: ['kiro', 'Kiro', 'kiro-cli', 'kiro-cli-chat'],
      paths: ['/.kiro-server/bin/'],
    },
  }),
  fork('antigravity', 'Antigravity', 'Antigravity', {
    files: [
      file('.gemini/config/mcp_config.json'),
      file('.gemini/antigravity/mcp_config.json'),
      file('.gemini/config/plugins/*/mcp_config.json', { scope: 'plugin' }),
      file('.gemini/config/projects/*.json', {
        servers: [],
        folders: { kind: 'lists', at: [['projectResources', 'resources']], field: 'folderUri' },
      }),
    ],
    projectFiles: [inProject('.agents/mcp_config.json')],
    running: { executables: ['antigravity'], paths: ['/.antigravity-server/bin/'] },
  }),
  ...(['Trae', 'Trae CN'] as const).map((folder) =>
    fork(folder === 'Trae' ? 'trae' : 'trae-cn', folder, folder, {
      files: [file(`${folder}/User/mcp.json`, { base: 'user-data' })],
      // Both read it; it is listed once.
      projectFiles:
        folder === 'Trae' ? [inProject('.trae/mcp.json', { servers: MCP_SERVERS })] : [],
      running: { executables: [folder.toLowerCase().replace(' ', '-')] },
    }),
  ),
]

const CURSOR_PLUGIN = { scope: 'plugin', isCopy: true } as const

export const CURSOR = fork('cursor', 'Cursor', 'Cursor', {
  files: [
    file('.cursor/mcp.json'),
    ...['local/*', 'cache/*/*/*'].flatMap((plugin) => [
      ...['mcp.json', '.mcp.json'].map((name) =>
        file(`.cursor/plugins/${plugin}/${name}`, {
          ...CURSOR_PLUGIN,
          servers: PLUGIN_SERVERS,
        }),
      ),
      file(`.cursor/plugins/${plugin}/.cursor-plugin/plugin.json`, {
        ...CURSOR_PLUGIN,
        elsewhere: ['mcpServers'],
      }),
    ]),
  ],
  projectFiles: [inProject('.cursor/mcp.json')],
  running: {
    executables: ['cursor', 'Cursor', 'cursor-agent'],
    paths: ['/cursor-agent/versions/', '/.cursor-server/bin/', '/.cursor-server/cli/'],
  },
})
