import { describe, expect, it } from 'vitest'
import { toPackageRef } from '../../../shared/argv/package-spec.ts'
import { CATALOGUE } from '../../../shared/catalogue/catalogue.ts'
import { findInCatalogue, keyOf } from '../../../shared/catalogue/find-known-server.ts'
import { hostsToResolve } from '../../../shared/catalogue/resolvable.ts'
import { namesOf, searchCatalogue } from '../../../shared/catalogue/search-catalogue.ts'
import type { Ecosystem } from '../../../shared/model/server.ts'
import { formatHostRule, parseHostRule } from '../../../shared/policy/host-rule.ts'

const ECOSYSTEMS: readonly Ecosystem[] = ['npm', 'pypi', 'image']

const duplicates = (texts: readonly string[]): string[] =>
  texts.filter((text, index) => texts.indexOf(text) !== index)

describe('the catalogue', () => {
  it('gives a name to one entry only, in all the spellings of its ecosystem', () => {
    const keys = CATALOGUE.flatMap((server) => [
      ...ECOSYSTEMS.flatMap((ecosystem) => server[ecosystem].map((name) => keyOf(ecosystem, name))),
      ...server.binaries.map((name) => `binary ${name}`),
    ])
    expect(keys.length).toBeGreaterThan(150)
    expect(duplicates(keys)).toEqual([])
  })

  it('has exact names, without version, tag or pattern', () => {
    for (const server of CATALOGUE) {
      expect(namesOf(server)).not.toEqual([])
      for (const ecosystem of ECOSYSTEMS) {
        for (const name of server[ecosystem]) {
          expect(toPackageRef(ecosystem, { name, version: null })?.name).toBe(name)
          expect(name.slice(1)).not.toMatch(/[@:*]/)
        }
      }
      for (const name of server.binaries) expect(name).toMatch(/^[a-z0-9][a-z0-9_-]*$/)
    }
  })

  it('finds each by each of its names', () => {
    for (const server of CATALOGUE) {
      for (const ecosystem of ECOSYSTEMS)
        for (const name of server[ecosystem])
          expect(findInCatalogue({ ecosystem, name, version: '1' }, null)).toBe(server)
      for (const name of server.binaries) expect(findInCatalogue(null, name)).toBe(server)
    }
  })

  it('lists hosts where hosts are meant and nowhere else, each as a policy could', () => {
    for (const server of CATALOGUE) {
      expect(server.rules.length > 0, namesOf(server)[0]).toBe(server.expectation === 'rules')
      for (const rule of [...server.rules, ...server.telemetry])
        expect(parseHostRule(formatHostRule(rule))).toEqual({ ok: true, value: rule })
      expect(duplicates(server.rules.map(formatHostRule)), namesOf(server)[0]).toEqual([])
      expect(server.source.length).toBeGreaterThan(20)
    }
  })

  it('leaves no doubt about what must stay on this machine: every host beside it can be looked up', () => {
    const local = CATALOGUE.filter((each) => each.expectation === 'local-only')
    expect(local.length).toBeGreaterThan(30)
    const doubtful = local.filter((each) => each.telemetry.some(({ kind }) => kind !== 'host'))
    expect(doubtful.flatMap(namesOf)).toEqual([])
  })

  it('lets the children of what goes anywhere go anywhere', () => {
    const held = CATALOGUE.filter((each) => each.expectation === 'open' && each.children === 'same')
    expect(held).toEqual([])
  })
})

describe('searchCatalogue', () => {
  const first = (query: string): (string | undefined)[] =>
    searchCatalogue(CATALOGUE, query).map((server) => namesOf(server)[0])

  it('finds by a part of a name in any case, by a host, and by all words together', () => {
    expect(first('SERVER-MEMORY')).toEqual(['@modelcontextprotocol/server-memory'])
    expect(first('api.osv.dev')).toEqual(['ghcr.io/stackloklabs/osv-mcp/server'])
    expect(first('  github   local-only ')).toEqual([])
    expect(first('playwright open').length).toBe(2)
  })

  it('gives all for an empty query', () => {
    expect(searchCatalogue(CATALOGUE, ' ')).toHaveLength(CATALOGUE.length)
  })
})

describe('hostsToResolve', () => {
  it('takes exact names once, and neither suffixes nor ranges', () => {
    const known = findInCatalogue(
      { ecosystem: 'npm', name: 'mongodb-mcp-server', version: null },
      null,
    )
    const rules = known?.rules ?? []
    expect(rules.length).toBeGreaterThan(3)
    expect(hostsToResolve([...rules, ...rules])).toEqual(['cloud.mongodb.com'])
  })
})
