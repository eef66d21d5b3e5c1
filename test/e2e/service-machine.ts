/** mcp-watch as the plain user of a booted machine runs it: its commands, its unit, and a real server to be seen. */
import type { ServiceStatus } from '../../shared/contract/service.ts'
import { HOME, type Machine, type RunOptions } from '../helpers/nspawn.ts'
import { waitFor } from '../helpers/wait-for.ts'

export const PROGRAM = '/opt/mcp-watch'
export const MAIN = `${PROGRAM}/dist/cli/main.js`
export const SERVER = `${HOME}/servers/notes.mjs`
/** What systemd and a shell take for something else, in the name of a folder. */
export const STATE = `${HOME}/my "state" 100% $HOME 'x'`
export const SUDO: RunOptions = {
  root: true,
  env: { SUDO_UID: '1000', HOME, XDG_STATE_HOME: STATE, XDG_CONFIG_HOME: `${HOME}/elsewhere` },
}

/** Commands of that user; the machine is there once the tests run. */
export function serviceOn(machine: () => Machine) {
  // Of the shell's alone: the service manager knows of neither, and looks for units in its usual folder.
  const env = { XDG_STATE_HOME: STATE, XDG_CONFIG_HOME: `${HOME}/elsewhere` }
  const mcpWatch = (words: readonly string[], main = MAIN) =>
    machine().run(['node', main, ...words], { env })
  const status = async (): Promise<ServiceStatus> =>
    JSON.parse((await mcpWatch(['service', 'status', '--json'])).stdout) as ServiceStatus
  const running = (otherThan: number | null = null): Promise<ServiceStatus> =>
    waitFor(
      async () => {
        const now = await status()
        return now.state === 'running' && now.pid !== null && now.pid !== otherThan ? now : null
      },
      { what: 'the service runs', deadlineMs: 40_000, everyMs: 200 },
    )
  const systemctl = (line: string): Promise<string> => machine().shell(`systemctl --user ${line}`)

  /** With one more setting; an empty one takes it back. */
  const override = async (setting: string): Promise<void> => {
    const folder = `${HOME}/.config/systemd/user/mcp-watch.service.d`
    const text = `mkdir -p ${folder} && printf '[Service]\\n${setting}\\n' > ${folder}/test.conf`
    await machine().shell(setting === '' ? `rm -r ${folder}` : text)
    await systemctl('daemon-reload')
    await systemctl('reset-failed mcp-watch')
    await systemctl('restart mcp-watch')
  }

  const engineOf = async (command: 'status' | 'doctor') => {
    const { stdout } = await mcpWatch([command, '--json'])
    const { engine } = JSON.parse(stdout) as {
      engine: { name: string; degraded: readonly { code: string }[] }
    }
    // `doctor` says in another place why a better way does not work; where it does out here, the name is another.
    const degraded = engine.degraded.map(({ code }) => code)
    return {
      name: engine.name,
      degraded: degraded.filter((code) => code !== 'better-engine-refused'),
    }
  }

  const health = async (): Promise<string> => {
    const { stdout } = await mcpWatch(['doctor', '--json'])
    return (JSON.parse(stdout) as { daemon: { health: { version: string } } }).daemon.health.version
  }

  return { mcpWatch, status, running, systemctl, override, engineOf, health }
}

/** A real server under a real client; it connects to somewhere as soon as it is started, and stays connected. */
export async function startServer(machine: Machine): Promise<void> {
  const config = { mcpServers: { notes: { command: 'node', args: [SERVER] } } }
  const code = `import { connect } from 'node:net'
connect(4433, '203.0.113.10')
await import('${PROGRAM}/node_modules/@modelcontextprotocol/server-memory/dist/index.js')
`
  await machine.shell(
    `mkdir -p ${HOME}/.cursor ${HOME}/servers
     printf %s "$CONFIG" > ${HOME}/.cursor/mcp.json
     printf %s "$CODE" > ${SERVER}`,
    { env: { CONFIG: JSON.stringify(config), CODE: code } },
  )
  const listener = `require('node:net').createServer(() => {}).listen(4433, '203.0.113.10')`
  await machine.shell(`setsid node -e "${listener}" > /dev/null 2>&1 < /dev/null &`)
  const client = `/opt/cursor/cursor ${PROGRAM}/test/helpers/real-client.mjs ${HOME}/.cursor/mcp.json`
  await machine.shell(`(sleep 1000 | setsid ${client}) > ${HOME}/client.log 2>&1 &`)
  await waitFor(async () => (await machine.shell(`cat ${HOME}/client.log`)).includes('"tools"'), {
    what: 'the server answers',
    deadlineMs: 30_000,
    everyMs: 200,
  })
}

export interface Report {
  readonly servers: readonly {
    readonly name: string
    readonly destinations: readonly { readonly address: string; readonly lastSeen: string }[]
  }[]
}

export function seesServer(report: () => Promise<string>, since = ''): Promise<true> {
  const last = { text: '' }
  return waitFor(
    async () => {
      last.text = await report()
      // An error is an answer without servers.
      const { servers = [] } = JSON.parse(last.text) as Partial<Report>
      const found = servers.find(({ name }) => name === 'notes')?.destinations ?? []
      return found.some((each) => each.address === '203.0.113.10' && each.lastSeen > since)
    },
    {
      what: () => `the server's connection is seen: ${last.text}`,
      deadlineMs: 40_000,
      everyMs: 300,
    },
  )
}
