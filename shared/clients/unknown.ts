/** Files of programs that are not in the table, told by the shapes that nearly all clients' files have. */
import { client, file } from './build.ts'
import type { KeyPath } from './row.ts'

/** In the order of how sure they are; the first under which there is an entry counts. */
const SHAPES: readonly KeyPath[] = [
  ['mcpServers'],
  ['mcp_servers'],
  ['context_servers'],
  ['mcp', 'servers'],
  ['mcp.servers'],
  ['amp.mcpServers'],
  ['powers', 'mcpServers'],
  ['servers'],
  ['mcp'],
  ['extensions'],
  [],
]

/** Most are called so: `~/.some-agent/mcp.json`, `~/.config/Some Editor/User/mcp.json`. */
const STEMS = [
  'mcp',
  '.mcp',
  'mcp_config',
  'mcp_settings',
  'mcp_servers',
  'mcp-config',
  'mcp-servers',
]
const ENDINGS = ['json', 'jsonc', 'yaml', 'yml', 'toml']
const NAMES = STEMS.flatMap((stem) => ENDINGS.map((ending) => `${stem}.${ending}`))
/** Folders within that of a program in which such a file may be: `~/.some-agent/settings/mcp.json`. */
const INNER = ['settings', 'config', 'agent', 'mcp']
const guess = { servers: SHAPES, isGuess: true } as const

export const UNKNOWN = client('unknown', 'Unknown client', {
  files: NAMES.flatMap((name) => [
    file(`.*/${name}`, guess),
    ...INNER.map((folder) => file(`.*/${folder}/${name}`, guess)),
    file(`*/${name}`, { ...guess, base: 'user-data' }),
    file(`*/User/${name}`, { ...guess, base: 'user-data' }),
  ]),
})
