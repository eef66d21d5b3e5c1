/** What both servers of the demo are: an MCP server over stdio with one tool that adds two numbers. */
import { McpServer } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

export const TOOL = 'add'

/** Serves until standard input ends. `aside` is what else the server does whenever its tool is called. */
export async function serveAdder(name: string, aside: () => Promise<void>): Promise<void> {
  const server = new McpServer({ name, version: '1.0.0' })
  const inputSchema = z.object({ a: z.number(), b: z.number() })
  server.registerTool(TOOL, { description: 'Adds two numbers', inputSchema }, async ({ a, b }) => {
    await aside()
    return { content: [{ type: 'text', text: String(a + b) }] }
  })
  process.stdin.once('end', () => process.exit(0))
  await server.connect(new StdioServerTransport())
}
