import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nodeRefusal } from '../../../cli/node-version.ts'

it.each(['20.19.0', '20.20.2', '22.14.0', '22.30.1', '24.0.0', '25.1.0', 'v26.0.0-nightly'])(
  'Node %s will do',
  (version) => {
    expect(nodeRefusal(version)).toBeNull()
  },
)

it.each(['18.20.0', '20.18.3', '21.7.0', '22.13.1', '23.11.0', 'nonsense', ''])(
  'Node "%s" will not do, and the sentence says what will',
  (version) => {
    expect(nodeRefusal(version)).toContain('20.19')
  },
)

it('agrees with package.json', () => {
  const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')
  expect(JSON.parse(manifest)).toHaveProperty('engines.node', '^20.19.0 || ^22.14.0 || >=24')
})
