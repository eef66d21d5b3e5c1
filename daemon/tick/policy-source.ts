/** The policy file as the pipeline takes it: what is wrong with it is told like a fault of any other configuration. */
import type { Policy } from '../../shared/model/policy.ts'
import type { Diagnostic } from '../../shared/model/server.ts'
import type { PolicySource } from '../ports.ts'

interface Fault {
  readonly line: number | null
  readonly column: number | null
  readonly message: string
  readonly advice: string | null
}

/** What of the policy file is needed. */
interface PolicyFileLike {
  state(): { readonly policy: Policy; readonly diagnostics: readonly Fault[] }
  watch(onChange: (policy: Policy, faults: readonly Fault[]) => void): void
  stop(): void
}

export function policySource(file: PolicyFileLike, path: string): PolicySource {
  const told = (fault: Fault): Diagnostic => ({
    client: 'policy',
    file: path,
    line: fault.line,
    column: fault.column,
    message: fault.advice === null ? fault.message : `${fault.message}: ${fault.advice}`,
  })
  return {
    state: () => {
      const { policy, diagnostics } = file.state()
      return { policy, diagnostics: diagnostics.map(told) }
    },
    watch: (onChange) => {
      file.watch((policy, faults) => onChange({ policy, diagnostics: faults.map(told) }))
    },
    stop: () => {
      file.stop()
    },
  }
}
