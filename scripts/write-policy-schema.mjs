/** Writes docs/policy.schema.json from the built schema: `npm run build && node scripts/write-policy-schema.mjs`. */
import { writeFileSync } from 'node:fs'
import { policySchemaText } from '../dist/shared/contract/policy-file.js'

writeFileSync(new URL('../docs/policy.schema.json', import.meta.url), policySchemaText())
