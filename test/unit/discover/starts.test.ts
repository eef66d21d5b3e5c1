/** Servers that a file only names: what their client runs for them is found among processes. */
import { expect, it } from 'vitest'
import { emptyMatchState, matchServers } from '../../../daemon/match/match.ts'
import { recogniseClient } from '../../../shared/clients/recognise.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import { proc, script, summaries, table } from '../match/world.ts'
import { digest, fixture, HOME, own, read } from './setting.ts'

const serversIn = (name: string, candidate: Parameters<typeof read>[1]): Server[] =>
  read(fixture(`clients/${name}`), candidate).servers.map(({ server }) => server)

/** Name, quality and root of each instance, by the clients' real signs. */
function found(servers: readonly Server[], processes: readonly Process[]): unknown[] {
  const output = matchServers({
    previous: emptyMatchState,
    servers,
    table: table(processes),
    recogniseClient: (process) => recogniseClient(process),
    digest,
  })
  return summaries(servers, output).map(({ names, quality, root, client }) =>
    [...names, quality, root, client].join(' '),
  )
}

const zed = proc(100, 1, ['/opt/zed.app/libexec/zed-editor'])
const NODE = `${HOME}/.local/share/zed/node/node-v22.5.1-linux-x64/bin/node`
const WORK = `${HOME}/zed/extensions/work`

it('finds the script that npm installed for a Zed extension', () => {
  const servers = serversIn('zed.extension.toml', own('zed', 'extension.toml'))
  const path = `${WORK}/p/node_modules/@x/mcp-server-github/dist/index.js`
  const started = proc(110, 100, [NODE, path], { script: script(path), executable: NODE })
  expect(found(servers, [zed, started])).toEqual(['mcp-server-github exact 110 zed'])
})

it.each([
  ['another extension', `${WORK}/other/node_modules/x/index.js`],
  ['what begins alike', `${WORK}/p2/index.js`],
  ['no script of it', `${HOME}/project/index.js`],
])('takes for a Zed extension’s server not: %s', (_, path) => {
  const servers = serversIn('zed.extension.toml', own('zed', 'extension.toml'))
  const started = proc(110, 100, [NODE, path], { script: script(path), executable: NODE })
  expect(found(servers, [zed, started])).toEqual([])
})

it('finds the containers that Docker’s gateway starts, and the gateway as a client', () => {
  const servers = serversIn('docker-toolkit.yaml', own('docker-toolkit', 'registry.yaml'))
  const plugin = '/usr/libexec/docker/cli-plugins/docker-mcp'
  const gateway = proc(110, 100, [plugin, 'mcp', 'gateway', 'run'])
  const labels = ['-l', 'docker-mcp=true', '-l', 'docker-mcp-name=fetch']
  const run = ['docker', 'run', '--rm', '-i', '--init', '--pull', 'never', ...labels]
  const image = `mcp/fetch@sha256:${'a'.repeat(64)}`
  expect(found(servers, [gateway, proc(120, 110, [...run, image])])).toEqual([
    'fetch launcher 120 docker-toolkit',
  ])
  // its registry does not have this one
  expect(found(servers, [gateway, proc(120, 110, [...run, 'mcp/time'])])).toEqual([
    '? unconfigured 120 docker-toolkit',
  ])
})

it('keeps apart the gateway, which another client started, and what it runs', () => {
  const mine = {
    mcpServers: { MCP_DOCKER: { command: 'docker', args: ['mcp', 'gateway', 'run'] } },
  }
  const { servers } = read(JSON.stringify(mine), own('claude-desktop', '_config.json'))
  const all = [
    ...servers.map(({ server }) => server),
    ...serversIn('docker-toolkit.yaml', own('docker-toolkit', 'registry.yaml')),
  ]
  const line = ['mcp', 'gateway', 'run']
  const desktop = proc(100, 1, ['/usr/lib/claude-desktop/claude-desktop'])
  const docker = proc(110, 100, ['docker', ...line])
  const plugin = proc(115, 110, ['/usr/libexec/docker/cli-plugins/docker-mcp', ...line])
  const container = proc(120, 115, ['docker', 'run', '-i', 'mcp/fetch'])
  expect(found(all, [desktop, docker, plugin, container])).toEqual([
    'MCP_DOCKER exact 110 claude-desktop',
    'fetch launcher 120 docker-toolkit',
  ])
})

it('finds ToolHive’s process in front of a container', () => {
  const servers = serversIn('toolhive.json', own('toolhive', 'runconfigs/*.json'))
  const thv = (name: string): Process =>
    proc(110, 1, ['/usr/local/bin/thv', 'start', name, '--foreground'], {
      stdin: 'null',
      stdout: 'file',
    })
  expect(found(servers, [thv('fetch')])).toEqual(['fetch no-client 110 '])
  expect(found(servers, [thv('other')])).toEqual([])
})

it('keeps nothing of what such a file says besides', () => {
  const all = [
    read(fixture('clients/docker-toolkit.yaml'), own('docker-toolkit', 'registry.yaml')),
    read(fixture('clients/toolhive.json'), own('toolhive', 'runconfigs/*.json')),
  ]
  expect(JSON.stringify(all)).not.toContain('FIXTURE-SECRET')
})
