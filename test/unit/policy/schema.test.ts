import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { policySchemaText } from '../../../shared/contract/policy-file.ts'

const DOCS = join(import.meta.dirname, '../../../docs')

it('the JSON Schema that is shipped is the one by which policies are read', () => {
  const shipped = readFileSync(join(DOCS, 'policy.schema.json'), 'utf8')
  const advice = 'run: npm run build && node scripts/write-policy-schema.mjs'
  expect(shipped === policySchemaText(), advice).toBe(true)
})
