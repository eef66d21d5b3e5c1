/** The rows that VS Code and its forks have in common. */
import { type ClientRow, type ConfigFile, type KeyPath, NOTHING } from './row.ts'

export const VSCODE_SERVERS: readonly KeyPath[] = [['servers']]
/** `"mcp": { "servers": … }`, which the settings editor also writes as one dotted key. */
export const VSCODE_SETTINGS: readonly KeyPath[] = [['mcp', 'servers'], ['mcp.servers']]

/** VS Code and its forks: `folder` is the application's data folder, `server` the one of its remote half. */
export function vscode(options: {
  readonly id: string
  readonly name: string
  readonly folder: string
  readonly server: string
  readonly executables: readonly string[]
  readonly apps: readonly string[]
  readonly projectFiles: ClientRow['projectFiles']
}): ClientRow {
  const user = `${options.folder}/User`
  const json = { format: 'json', scope: 'user' } as const
  return {
    id: options.id,
    name: options.name,
    expansion: 'editor',
    urlTransport: 'http',
    files: [
      { base: 'user-data', path: `${user}/mcp.json`, servers: VSCODE_SERVERS, ...json },
      { base: 'user-data', path: `${user}/settings.json`, servers: VSCODE_SETTINGS, ...json },
      {
        base: 'user-data',
        path: `${user}/profiles/*/mcp.json`,
        format: 'json',
        servers: VSCODE_SERVERS,
        scope: 'profile',
      },
      {
        base: 'home',
        path: `${options.server}/data/User/mcp.json`,
        servers: VSCODE_SERVERS,
        ...json,
      },
      workspaceStorage(options.folder),
    ],
    projectFiles: options.projectFiles,
    running: {
      ...NOTHING,
      executables: options.executables,
      paths: [
        ...options.apps.flatMap((app) => [
          `/${app}.app/Contents/MacOS/`,
          `/${app}.app/Contents/Frameworks/`,
        ]),
        `/${options.server}/bin/`,
        `/${options.server}/cli/`,
      ],
    },
  }
}

export function workspaceStorage(folder: string): ConfigFile {
  return {
    base: 'user-data',
    path: `${folder}/User/workspaceStorage/*/workspace.json`,
    format: 'json',
    servers: [],
    scope: 'user',
    folders: { kind: 'workspace-storage' },
  }
}

/** Servers inside a `.code-workspace` file, which workspace storage leads to. */
export const CODE_WORKSPACE_SERVERS: readonly KeyPath[] = VSCODE_SETTINGS.map((path) => [
  'settings',
  ...path,
])
