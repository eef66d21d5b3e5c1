/** The policy file as the pipeline takes it: what is wrong with it is told like a fault of any other configuration. */
import type { Policy } from '../../shared/model/policy.ts'
import type { Diagnostic } from '../../shared/model/server.ts'
import type { PolicySource } from '../ports.ts'

interface Fault {
  readonly severity: 'error' | 'warning'
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

/** Warnings, such as of a rule that has expired, are for `mcp-watch policy check`: the file is used all the same. */
export function policySource(file: PolicyFileLike, path: string): PolicySource {
  const tell = (fault: Fault): Diagnostic => ({
    client: 'policy',
    file: path,
    line: fault.line,
    column: fault.column,
    message: fault.advice === null ? fault.message : `${fault.message}: ${fault.advice}`,
  })
  const told = (faults: readonly Fault[]): readonly Diagnostic[] =>
    faults.filter(({ severity }) => severity === 'error').map(tell)
  return {
    state: () => {
      const { policy, diagnostics } = file.state()
      return { policy, diagnostics: told(diagnostics) }
    },
    watch: (onChange) => {
      file.watch((policy, faults) => onChange({ policy, diagnostics: told(faults) }))
    },
    stop: () => {
      file.stop()
    },
  }
}
