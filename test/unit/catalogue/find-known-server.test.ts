import { describe, expect, it } from 'vitest'
import { findInCatalogue, findKnownServer } from '../../../shared/catalogue/find-known-server.ts'
import type { Ecosystem, PackageRef } from '../../../shared/model/server.ts'

const pkg = (ecosystem: Ecosystem, name: string): PackageRef => ({ ecosystem, name, version: '1' })

describe('findKnownServer', () => {
  it('knows what must stay on this machine, each name in its own ecosystem alone', () => {
    expect(findKnownServer(pkg('pypi', 'mcp-server-time'), null)?.expectation).toBe('local-only')
    expect(findKnownServer(pkg('npm', 'mcp-server-time'), null)).toBeNull()
  })

  it('leaves out what needs host names, or the word of the user, to be judged', () => {
    for (const name of ['@modelcontextprotocol/server-github', 'xcodebuildmcp']) {
      expect(findInCatalogue(pkg('npm', name), null)).not.toBeNull()
      expect(findKnownServer(pkg('npm', name), null)).toBeNull()
    }
  })

  it('folds spellings that the ecosystem treats as one name', () => {
    expect(findKnownServer(pkg('pypi', 'MCP_Server.Time'), null)).not.toBeNull()
    expect(findKnownServer(pkg('pypi', 'awslabs-aws_diagram-mcp-server'), null)).not.toBeNull()
    expect(findKnownServer(pkg('image', 'docker.io/mcp/memory'), null)).not.toBeNull()
    expect(findKnownServer(pkg('image', 'index.docker.io/mcp/memory'), null)).not.toBeNull()
  })

  it('does not let a look-alike inherit', () => {
    expect(findKnownServer(pkg('npm', '@modelcontextprotocol/server-filesystem2'), null)).toBeNull()
    expect(findKnownServer(pkg('npm', '@Modelcontextprotocol/server-memory'), null)).toBeNull()
    expect(findKnownServer(pkg('image', 'evil.example/mcp/memory'), null)).toBeNull()
  })

  it('goes by the binary only where no package tells', () => {
    expect(findKnownServer(null, 'rust-mcp-filesystem')?.expectation).toBe('local-only')
    expect(findKnownServer(pkg('npm', 'other'), 'rust-mcp-filesystem')).toBeNull()
    expect(findKnownServer(null, null)).toBeNull()
  })

  it('says whose children may connect', () => {
    expect(findKnownServer(pkg('npm', 'mcp-server-commands'), null)?.children).toBe('open')
    expect(findKnownServer(pkg('pypi', 'mcp-server-git'), null)?.children).toBe('same')
  })
})
