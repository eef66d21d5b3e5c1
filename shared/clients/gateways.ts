/** Programs that run servers for other clients, which see of all of them one entry or an address on this machine. */
import { client, file, inProject, STATE_HOME, withComments } from './build.ts'
import type { ClientRow, ConfigFile } from './row.ts'

/** Each server has a file called as it, and a process of ToolHive's own in front of its container. */
const TOOLHIVE: Partial<ConfigFile> = {
  servers: [],
  single: { kind: 'entry', name: ['base_name'] },
  starts: ({ name }) => ['thv', 'start', name, '--foreground'],
}
const RUN_CONFIGS = 'toolhive/runconfigs/*.json'

export const GATEWAYS: readonly ClientRow[] = [
  client('docker-toolkit', 'Docker MCP Toolkit', {
    files: [
      file('.docker/mcp/registry.yaml', {
        servers: [['registry']],
        // The catalogue, which alone knows the image, is far too large to be read; nearly all are called so.
        starts: ({ name }) => ['docker', 'run', `mcp/${name}`],
      }),
    ],
    running: { executables: ['docker-mcp'] },
  }),
  client('toolhive', 'ToolHive', {
    files: [
      file(RUN_CONFIGS, { base: STATE_HOME, platforms: ['linux'], ...TOOLHIVE }),
      file(RUN_CONFIGS, { base: 'user-data', platforms: ['darwin'], ...TOOLHIVE }),
    ],
  }),
  client('mcporter', 'mcporter', {
    files: withComments(file('.mcporter/mcporter.json')),
    projectFiles: withComments(inProject('config/mcporter.json')),
    configOptions: [{ option: '--config', files: [inProject('')] }],
    running: { packages: ['mcporter'] },
  }),
]
