/** The policy file's text → what it says, and what is wrong with it. Pure and total. */
import { getNodeValue } from 'jsonc-parser'
import { CLIENTS } from '../../shared/clients/table.ts'
import type { PolicyDiagnostic } from '../../shared/contract/policy.ts'
import { policyFileSchema } from '../../shared/contract/policy-file.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Policy } from '../../shared/model/policy.ts'
import { buildPolicy } from './build.ts'
import { readDocument } from './document.ts'
import { shapeDiagnostics } from './shape.ts'
import { policyWarnings } from './warnings.ts'

const MOST_DIAGNOSTICS = 100

export interface PolicyReading {
  /** Null when there is any error: half a policy could allow what the other half forbids. */
  readonly policy: Policy | null
  /** Never quotes the file, but for hosts that would do. */
  readonly diagnostics: readonly PolicyDiagnostic[]
}

/** `at`: the moment for which is told what has expired. */
export function parsePolicy(text: string, at: EpochMs): PolicyReading {
  const reading = readDocument(text)
  if (!reading.ok) return failed(reading.diagnostics)
  const { document } = reading
  const shape = policyFileSchema.safeParse(getNodeValue(document.root))
  if (!shape.success) return failed(shapeDiagnostics(document, shape.error.issues))
  const { policy, errors } = buildPolicy(shape.data, document)
  if (errors.length > 0) return failed(errors)
  const clients = CLIENTS.map(({ id }) => id)
  const warnings = policyWarnings(policy, document, at, clients)
  return { policy, diagnostics: warnings.slice(0, MOST_DIAGNOSTICS) }
}

function failed(diagnostics: readonly PolicyDiagnostic[]): PolicyReading {
  return { policy: null, diagnostics: diagnostics.slice(0, MOST_DIAGNOSTICS) }
}
