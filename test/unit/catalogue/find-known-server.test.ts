import { describe, expect, it } from 'vitest'
import { findInCatalogue } from '../../../shared/catalogue/find-known-server.ts'
import type { Ecosystem, PackageRef } from '../../../shared/model/server.ts'

const pkg = (ecosystem: Ecosystem, name: string): PackageRef => ({ ecosystem, name, version: '1' })

describe('findInCatalogue', () => {
  it('knows what must stay on this machine, each name in its own ecosystem alone', () => {
    expect(findInCatalogue(pkg('pypi', 'mcp-server-time'), null)?.expectation).toBe('local-only')
    expect(findInCatalogue(pkg('npm', 'mcp-server-time'), null)).toBeNull()
  })

  it('folds spellings that the ecosystem treats as one name', () => {
    expect(findInCatalogue(pkg('pypi', 'MCP_Server.Time'), null)).not.toBeNull()
    expect(findInCatalogue(pkg('pypi', 'awslabs-aws_diagram-mcp-server'), null)).not.toBeNull()
    expect(findInCatalogue(pkg('image', 'docker.io/mcp/memory'), null)).not.toBeNull()
    expect(findInCatalogue(pkg('image', 'index.docker.io/mcp/memory'), null)).not.toBeNull()
  })

  it('does not let a look-alike inherit', () => {
    expect(findInCatalogue(pkg('npm', '@modelcontextprotocol/server-filesystem2'), null)).toBeNull()
    expect(findInCatalogue(pkg('npm', '@Modelcontextprotocol/server-memory'), null)).toBeNull()
    expect(findInCatalogue(pkg('image', 'evil.example/mcp/memory'), null)).toBeNull()
  })

  it('goes by the binary only where no package tells', () => {
    expect(findInCatalogue(null, 'rust-mcp-filesystem')?.expectation).toBe('local-only')
    expect(findInCatalogue(pkg('npm', 'other'), 'rust-mcp-filesystem')).toBeNull()
    expect(findInCatalogue(null, null)).toBeNull()
  })

  it('says whose children may connect', () => {
    expect(findInCatalogue(pkg('npm', 'mcp-server-commands'), null)?.children).toBe('open')
    expect(findInCatalogue(pkg('pypi', 'mcp-server-git'), null)?.children).toBe('same')
  })
})
