import { describe, expect, it } from 'vitest'
import { findInCatalogue } from '../../../shared/catalogue/find-known-server.ts'
import { heldTo } from '../../../shared/catalogue/held-to.ts'

const npm = (name: string) => findInCatalogue({ ecosystem: 'npm', name, version: null }, null)
const memory = npm('@modelcontextprotocol/server-memory')
const commands = npm('mcp-server-commands')
const browser = npm('@playwright/mcp')
const notion = npm('@notionhq/notion-mcp-server')
const slack = npm('@modelcontextprotocol/server-slack')

describe('heldTo', () => {
  it('takes what is known, of whatever is known', () => {
    expect(heldTo(null, [])).toBeNull()
    expect(heldTo(null, [null, notion])).toBe(notion)
    expect(heldTo(notion, [null])).toBe(notion)
  })

  it('does not let a server free itself by the name it gives its own package', () => {
    expect(heldTo(memory, [browser])).toBe(memory)
    expect(heldTo(memory, [commands])).toBe(memory)
    expect(heldTo(notion, [slack])).toBe(notion)
  })

  it('goes by what runs where that may do less', () => {
    expect(heldTo(browser, [notion])).toBe(notion)
    expect(heldTo(browser, [slack, memory])).toBe(memory)
  })
})
