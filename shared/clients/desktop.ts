/** Applications with a window that are no relatives of VS Code. */
import { apps, CONFIG_HOME, client, DATA_HOME, file, inProject } from './build.ts'
import type { ClientRow, ConfigFile, KeyPath } from './row.ts'

const ZED_SERVERS: readonly KeyPath[] = [['context_servers']]

/** Settings turn servers of extensions on and off, which are declared elsewhere. */
const ZED_SETTINGS = {
  servers: ZED_SERVERS,
  switches: [{ kind: 'entries', at: ['context_servers'] }],
} as const

/**
 * An extension says which servers it brings, and its own code what they run: as a rule a script that npm installed in
 * the extension's working folder. What else it may be (a released binary, a program of the system) is said nowhere.
 */
const ZED_EXTENSION: Partial<ConfigFile> = {
  servers: ZED_SERVERS,
  scope: 'plugin',
  expansion: 'environment',
  starts: ({ folder }) => {
    const [extension = '', , ...above] = folder.split('/').toReversed()
    return ['node', `${[...above.toReversed(), 'work', extension].join('/')}/\${script}.js`]
  },
}
const ZED_INSTALLED = 'extensions/installed/*/extension.toml'

export const ZED = client('zed', 'Zed', {
  expansion: 'none',
  files: [
    file('zed/settings.json', { base: CONFIG_HOME, ...ZED_SETTINGS }),
    // Where some tools write it on macOS, against Zed's own documentation.
    file('Zed/settings.json', { base: 'user-data', platforms: ['darwin'], ...ZED_SETTINGS }),
    file(`zed/${ZED_INSTALLED}`, { base: DATA_HOME, platforms: ['linux'], ...ZED_EXTENSION }),
    file(`Zed/${ZED_INSTALLED}`, { base: 'user-data', platforms: ['darwin'], ...ZED_EXTENSION }),
  ],
  projectFiles: [inProject('.zed/settings.json', ZED_SETTINGS)],
  configOptions: [
    {
      option: '--user-data-dir',
      files: [inProject('config/settings.json', ZED_SETTINGS)],
    },
  ],
  running: {
    executables: ['zed', 'zed-editor', 'zeditor'],
    paths: [...apps('Zed', 'Zed Preview'), '/.zed_server/'],
  },
})

export const LM_STUDIO = client('lmstudio', 'LM Studio', {
  expansion: 'none',
  files: [file('.lmstudio/mcp.json'), file('.cache/lm-studio/mcp.json')],
  running: {
    executables: ['lm-studio', 'LM Studio'],
    // Its plugins run on a node of its own.
    paths: [...apps('LM Studio'), '/.lmstudio/.internal/utils/node'],
  },
})

const data = { base: 'user-data' } as const

export const DESKTOP: readonly ClientRow[] = [
  client('warp', 'Warp', {
    files: [file('.warp/.mcp.json', { servers: [['mcpServers'], ['mcp_servers'], ['servers']] })],
    projectFiles: [
      inProject('.warp/.mcp.json', { servers: [['mcpServers'], ['mcp_servers'], ['servers']] }),
    ],
    running: { executables: ['warp-terminal'], paths: apps('Warp') },
  }),
  client('witsy', 'Witsy', {
    files: [
      file('Witsy/settings.json', {
        ...data,
        servers: [['mcpServers'], ['mcp', 'servers']],
        switches: [{ kind: 'entries', at: ['mcp', 'mcpServersExtra'] }],
      }),
    ],
    running: { executables: ['witsy'], paths: apps('Witsy') },
  }),
  client('5ire', '5ire', {
    files: [file('5ire/mcp.json', { ...data, servers: [['mcpServers'], ['servers']] })],
    running: { executables: ['5ire'], paths: apps('5ire') },
  }),
  client('boltai', 'BoltAI', {
    files: [file('.boltai/mcp.json', { platforms: ['darwin'] })],
    running: { paths: apps('BoltAI') },
  }),
  client('sema4', 'Sema4.ai Studio', {
    files: [file('.sema4ai/sema4ai-studio/mcp_servers.json')],
    running: { paths: apps('Sema4.ai Studio') },
  }),
  client('enconvo', 'Enconvo', {
    files: [file('.config/enconvo/mcp_config.json', { platforms: ['darwin'] })],
    running: { paths: apps('Enconvo') },
  }),
  client('tome', 'Tome', {
    files: [file('.tome/mcp_config.json')],
    running: { paths: apps('Tome') },
  }),
  client('bedrock-client', 'Amazon Bedrock Client', {
    files: [file('Amazon Bedrock Client/mcp_config.json')],
    running: { paths: apps('Amazon Bedrock Client') },
  }),
  client('aider-desk', 'AiderDesk', {
    files: [file('aider-desk/settings.json', data)],
    running: { executables: ['aider-desk'], paths: apps('AiderDesk', 'aider-desk') },
  }),
]
