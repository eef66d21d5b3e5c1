/** Which of the engines' tools are there, and of which version. */
import type { Doctor } from '../../shared/contract/doctor.ts'
import type { ToolName } from '../../shared/model/observation.ts'

type Tool = Doctor['engine']['tools'][number]

export interface ToolDeps {
  readonly findTool: (name: string) => string | null
  readonly runTool: (
    path: string,
    args: readonly string[],
    options: { readonly timeoutMs: number; readonly maxBytes: number },
  ) => Promise<{ readonly stdout: string; readonly stderr: string }>
}

/** lsof writes its version to standard error. */
const VERSIONS = {
  ss: { args: ['-V'], pattern: /iproute2[-,]?\s*([\w.+-]{1,40})/ },
  lsof: { args: ['-v'], pattern: /revision:\s*([\w.+-]{1,40})/ },
} as const satisfies Record<ToolName, { args: readonly string[]; pattern: RegExp }>

export async function toolFacts(
  { findTool, runTool }: ToolDeps,
  names: readonly ToolName[],
): Promise<Tool[]> {
  return await Promise.all(
    names.map(async (name) => {
      const path = findTool(name)
      if (path === null) return { name, path, version: null }
      const { args, pattern } = VERSIONS[name]
      const limits = { timeoutMs: 3_000, maxBytes: 64 * 1024 }
      const told = await runTool(path, args, limits).catch(() => null)
      const version = told === null ? null : pattern.exec(`${told.stdout}\n${told.stderr}`)
      return { name, path, version: version?.[1] ?? null }
    }),
  )
}
