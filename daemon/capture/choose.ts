/** Which engine to use, from what this machine has and what the user asked for. */
import { McpWatchError } from '../../shared/errors.ts'
import type { EngineName, ToolName } from '../../shared/model/observation.ts'

export interface EngineChoice {
  readonly name: ToolName
  /** Absolute path of the tool. */
  readonly tool: string
}

export interface EngineSituation {
  readonly platform: NodeJS.Platform
  /** `--engine`; null leaves the choice to us. */
  readonly wanted: EngineName | null
  /** Where each tool was found, or null. */
  readonly tools: Readonly<Record<ToolName, string | null>>
}

/** What to install when a tool is not there. */
const HINTS = {
  ss: 'Install the package iproute2 (on some systems iproute).',
  lsof: 'Install the package lsof.',
} as const satisfies Record<ToolName, string>

/** The best engine first: ss tells of every socket in one go, lsof only of the processes it is asked about. */
export function engineLadder(platform: NodeJS.Platform): readonly ToolName[] {
  return platform === 'linux' ? ['ss', 'lsof'] : ['lsof']
}

/** Throws McpWatchError NO_ENGINE when nothing fits; an engine asked for by name is never replaced by another. */
export function chooseEngine({ platform, wanted, tools }: EngineSituation): EngineChoice {
  const ladder = engineLadder(platform)
  if (wanted !== null && (wanted === 'sock-diag' || !ladder.includes(wanted))) {
    throw new McpWatchError('NO_ENGINE', `The engine ${wanted} does not exist on this system`, {
      hint: `Use --engine ${ladder.join(' or --engine ')}, or leave it out.`,
    })
  }
  for (const name of wanted === null ? ladder : [wanted]) {
    const tool = tools[name]
    if (tool !== null) return { name, tool }
  }
  const missing = wanted ?? ladder[0] ?? 'lsof'
  throw new McpWatchError('NO_ENGINE', `The program ${missing} was not found on this system`, {
    hint: HINTS[missing],
  })
}
