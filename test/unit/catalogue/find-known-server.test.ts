import { describe, expect, it } from 'vitest'
import { findKnownServer } from '../../../shared/catalogue/find-known-server.ts'
import { LOCAL_SERVERS } from '../../../shared/catalogue/local-servers.ts'
import type { Ecosystem, PackageRef } from '../../../shared/model/server.ts'

const pkg = (ecosystem: Ecosystem, name: string): PackageRef => ({ ecosystem, name, version: '1' })

describe('findKnownServer', () => {
  it('knows each listed name in its own ecosystem, and nowhere else', () => {
    for (const server of LOCAL_SERVERS) {
      for (const name of server.npm) expect(findKnownServer(pkg('npm', name), null)).toBe(server)
      for (const name of server.pypi) expect(findKnownServer(pkg('pypi', name), null)).toBe(server)
      for (const name of server.image)
        expect(findKnownServer(pkg('image', name), null)).toBe(server)
    }
    expect(findKnownServer(pkg('npm', 'mcp-server-time'), null)).toBeNull()
  })

  it('folds spellings that the ecosystem treats as one name', () => {
    expect(findKnownServer(pkg('pypi', 'MCP_Server.Time'), null)).not.toBeNull()
    expect(findKnownServer(pkg('pypi', 'awslabs-aws_diagram-mcp-server'), null)).not.toBeNull()
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
