/** The MCP client of the demo: starts a declared server, calls its tool once, and keeps it running. */
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { McpWatchError } from '../../shared/errors.ts'
import { VERSION } from '../../shared/version.ts'
import type { DeclaredServer } from './stage.ts'

export interface Session {
  /** Ends the server too. */
  close(): Promise<void>
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** For each question to the server. */
  readonly patienceMs: number
}

/** Throws DEMO_FAILED when the server does not start or its tool gives no answer. */
export async function openSession(
  name: string,
  { command, args }: DeclaredServer,
  { env, cwd, patienceMs }: Surroundings,
): Promise<Session> {
  const client = new Client({ name: 'mcp-watch-demo', version: VERSION })
  const options = { timeout: patienceMs }
  try {
    const server = { command, args: [...args], env: { ...env }, cwd, stderr: 'ignore' as const }
    await client.connect(new StdioClientTransport(server), options)
    const { tools } = await client.listTools(undefined, options)
    const [tool] = tools
    if (tool === undefined) throw new Error('it offers no tool')
    await client.callTool({ name: tool.name, arguments: { a: 20, b: 22 } }, options)
    return { close: () => client.close() }
  } catch (cause) {
    await client.close().catch(() => undefined)
    throw new McpWatchError('DEMO_FAILED', `the server ${name} of the demo could not be used`, {
      hint: 'this says nothing about your own servers; MCPWATCH_DEBUG=1 shows more',
      cause,
    })
  }
}
