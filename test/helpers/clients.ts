/** Clients in a temporary home: their configuration files, and a real MCP client that runs what a file declares. */
import { stringify as stringifyToml } from 'smol-toml'
import { type Lab, PROJECT } from './lab.ts'
import type { LabProcess } from './lab-channel.ts'
import { nodeNamed } from './rogue.ts'
import type { TempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'

export type ClientId = 'claude-desktop' | 'claude-code' | 'cursor' | 'codex'

export type Entry =
  | {
      readonly command: string
      readonly args: readonly string[]
      readonly env?: Readonly<Record<string, string>>
    }
  | { readonly url: string; readonly headers: Readonly<Record<string, string>> }

const CLIENTS: Record<ClientId, { readonly file: string; readonly program: string }> = {
  'claude-desktop': {
    file: '.config/Claude/claude_desktop_config.json',
    program: 'opt/claude-desktop/claude-desktop',
  },
  'claude-code': { file: '.claude.json', program: 'opt/claude-code/claude' },
  cursor: { file: '.cursor/mcp.json', program: 'opt/cursor/cursor' },
  codex: { file: '.codex/config.toml', program: 'opt/codex/codex' },
}

export function configure(
  home: TempHome,
  client: ClientId,
  servers: Readonly<Record<string, Entry>>,
): string {
  const { file } = CLIENTS[client]
  const text = file.endsWith('.toml')
    ? stringifyToml({ model: 'some-model', mcp_servers: servers })
    : JSON.stringify({ mcpServers: servers }, null, 2)
  return home.write(file, text)
}

export interface RunningClient {
  readonly id: ClientId
  readonly pid: number
  readonly process: LabProcess
  /** Configured name → pid that the client got from starting it. */
  roots(): ReadonlyMap<string, number>
  /** Until every declared server answered; throws what a server failed with. */
  ready(deadlineMs: number): Promise<void>
}

/** The words that start it. */
export function clientCommand(
  home: TempHome,
  client: ClientId,
  options: readonly string[] = [],
): string[] {
  const { file, program } = CLIENTS[client]
  const script = `${PROJECT}test/helpers/real-client.mjs`
  return [nodeNamed(home, program), script, home.join(file), ...options]
}

export async function startClient(
  lab: Lab,
  home: TempHome,
  client: ClientId,
  options: {
    readonly cwd?: string
    readonly leak?: string
    /** More options of real-client.mjs. */
    readonly args?: readonly string[]
  } = {},
): Promise<RunningClient> {
  const leak = options.leak === undefined ? [] : ['--leak', options.leak]
  const [program = '', ...args] = clientCommand(home, client, [...leak, ...(options.args ?? [])])
  const cwd = options.cwd ?? home.path
  const running = await lab.start(program, args, { env: home.env, cwd })
  const said = (): { name?: string; pid?: number; error?: string; all?: boolean }[] =>
    running.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { name?: string; pid?: number; error?: string })
  return {
    id: client,
    pid: running.pid,
    process: running,
    roots: () => new Map(said().flatMap(({ name, pid }) => (name && pid ? [[name, pid]] : []))),
    ready: async (deadlineMs) => {
      await waitFor(() => said().some(({ all }) => all), {
        what: () => `${client} starts its servers (${running.stdout} ${running.stderr})`,
        deadlineMs,
      })
      const failed = said().find(({ error }) => error !== undefined)
      if (failed !== undefined) throw new Error(`${failed.name}: ${failed.error}`)
    },
  }
}
