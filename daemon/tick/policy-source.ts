/** The policy file as the pipeline takes it: what is wrong with it is told like a fault of any other configuration. */
import type { Policy } from '../../shared/model/policy.ts'
import type { Diagnostic, Discovery } from '../../shared/model/server.ts'
import type { PolicyInForce, PolicySource } from '../ports.ts'

type InForce = 'written' | 'before' | 'built-in'

interface Fault {
  readonly severity: 'error' | 'warning'
  readonly line: number | null
  readonly column: number | null
  readonly message: string
  readonly advice: string | null
}

/** What of the policy file is needed. */
interface PolicyFileLike {
  state(): {
    readonly policy: Policy
    readonly diagnostics: readonly Fault[]
    readonly inForce: InForce
  }
  watch(onChange: () => void): void
  stop(): void
}

/** What counts in place of a file that cannot be used. */
const IN_PLACE = {
  before: 'not used; what it said before counts until it is mended',
  'built-in': 'not used; none of its rules counts until it is mended',
} as const

/** Warnings, such as of a rule that has expired, are for `mcp-watch policy check`: the file is used all the same. */
export function policySource(file: PolicyFileLike, path: string): PolicySource {
  const tell = (fault: Fault): Diagnostic => ({
    client: 'policy',
    file: path,
    line: fault.line,
    column: fault.column,
    message: fault.advice === null ? fault.message : `${fault.message}: ${fault.advice}`,
  })
  const state = (): PolicyInForce => {
    const { policy, diagnostics, inForce } = file.state()
    const errors = diagnostics.filter(({ severity }) => severity === 'error').map(tell)
    if (errors.length === 0 || inForce === 'written') return { policy, diagnostics: errors }
    const place = { client: 'policy', file: path, line: null, column: null }
    return { policy, diagnostics: [...errors, { ...place, message: IN_PLACE[inForce] }] }
  }
  return {
    state,
    watch: (onChange) => {
      file.watch(() => onChange(state()))
    },
    stop: () => {
      file.stop()
    },
  }
}

/** A policy's faults stand among those of the clients' files. */
export function withPolicyFaults(discovery: Discovery, { diagnostics }: PolicyInForce): Discovery {
  if (diagnostics.length === 0) return discovery
  return { ...discovery, diagnostics: [...diagnostics, ...discovery.diagnostics] }
}
