import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../../shared/catalogue/catalogue.ts'
import { isServerName, isServerPackage } from '../../../shared/catalogue/protocol-names.ts'

describe('the names of MCP servers', () => {
  it.each([
    '@modelcontextprotocol/server-memory', '@playwright/mcp', 'mcp-server-kubernetes', '@me/notes-mcp-server', 'mcp-remote',
    'firecrawl-mcp', '@upstash/context7-mcp', 'mcp-installer',
  ])('npm %s', (name) => expect(isServerPackage('npm', name)).toBe(true)) // biome-ignore format: a list

  it.each([
    '@modelcontextprotocol/inspector', '@modelcontextprotocol/sdk', '@modelcontextprotocol/conformance', 'mcp-inspector', 'mcp',
    'mcp-client', 'create-mcp-server', '@modelcontextprotocol/create-server', 'mcp-cli', 'mcp-scan', 'mcp-watch', 'mcporter',
    'typescript-language-server', 'memcpy', 'server-tool', 'eslint-plugin-mcp', 'fastmcp', 'mcphost',
  ])('not npm %s', (name) => expect(isServerPackage('npm', name)).toBe(false)) // biome-ignore format: a list

  it('takes Python’s and Docker’s', () => {
    for (const name of ['mcp-server-fetch', 'mcp_server_git', 'aws.mcp-server', 'mcp-proxy'])
      expect([name, isServerPackage('pypi', name)]).toEqual([name, true])
    for (const name of ['mcp', 'mcp-agent', 'mcp-use', 'uvicorn'])
      expect([name, isServerPackage('pypi', name)]).toEqual([name, false])
    for (const name of ['mcp/time', 'docker.io/mcp/notes', 'ghcr.io/me/notes-mcp-server'])
      expect([name, isServerPackage('image', name)]).toEqual([name, true])
    for (const name of ['mcp/inspector', 'postgres', 'me/mcp/tool', 'ghcr.io/mcp/tool'])
      expect([name, isServerPackage('image', name)]).toEqual([name, false])
  })

  it('knows most packages of the list of known servers', () => {
    const names = CATALOGUE.flatMap(({ npm }) => npm)
    const named = names.filter((name) => isServerPackage('npm', name))
    expect(named.length / names.length).toBeGreaterThan(0.7)
  })

  it('is total, and does not depend on case or separators', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(isServerName(text.toUpperCase())).toBe(
          isServerName(text.toUpperCase().toLowerCase()),
        )
        expect(typeof isServerName(text)).toBe('boolean')
      }),
    )
    for (const text of ['mcp-server-\u001b[2J', 'mcp-server-a\nb', 'mcp-server a', 'mcp-пример'])
      expect([text, isServerName(text)]).toEqual([text, false])
    expect(isServerName('x'.repeat(100_000).concat('-mcp'))).toBe(false)
  })
})
