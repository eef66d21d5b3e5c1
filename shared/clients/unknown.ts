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
  ['servers'],
  ['mcp'],
  [],
]

/** Most are called so: `~/.some-agent/mcp.json`, `~/.config/Some Editor/User/mcp.json`. */
const NAMES = ['mcp.json', '.mcp.json', 'mcp_config.json', 'mcp_settings.json', 'mcp_servers.json']
const guess = { servers: SHAPES, isGuess: true } as const

export const UNKNOWN = client('unknown', 'Unknown client', {
  files: NAMES.flatMap((name) => [
    file(`.*/${name}`, guess),
    file(`*/${name}`, { ...guess, base: 'user-data' }),
    file(`*/User/${name}`, { ...guess, base: 'user-data' }),
  ]),
})
