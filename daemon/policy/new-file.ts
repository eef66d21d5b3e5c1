/** What a policy file begins as. */
export const NEW_POLICY = `// What MCP servers on this machine are expected to talk to. mcp-watch reads it again when it changes.
// A server's expectation is "none", "local-only", "lan", "open", or a list of hosts such as
// ["api.example.com:443", ".example.com", "10.0.0.0/8"]. Of the rules below, the first that matches counts.
// "mcp-watch policy check" says what is wrong here and what to write instead.
{
  "version": 1,
  "servers": []
}
`
