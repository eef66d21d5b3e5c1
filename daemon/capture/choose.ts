/** Which engines to try, the best first, from what this machine has and what the user asked for. Pure. */
import { McpWatchError } from '../../shared/errors.ts'
import { ENGINE_NAMES, type EngineName, type ToolName } from '../../shared/model/observation.ts'

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

/** What exists on a system at all: netlink and ss are Linux'. */
export function engineLadder(platform: NodeJS.Platform): readonly EngineName[] {
  return platform === 'linux' ? ENGINE_NAMES : ['lsof']
}

export function toolsOf(platform: NodeJS.Platform): readonly ToolName[] {
  return engineLadder(platform).filter(isTool)
}

function isTool(name: EngineName): name is ToolName {
  return name === 'ss' || name === 'lsof'
}

/**
 * Engines to try, in this order. Throws McpWatchError NO_ENGINE when there is none; one that is asked for by name is
 * never replaced by another.
 */
export function chooseEngines({
  platform,
  wanted,
  tools,
}: EngineSituation): readonly [EngineName, ...EngineName[]] {
  const ladder = engineLadder(platform)
  if (wanted !== null && !ladder.includes(wanted)) {
    throw new McpWatchError('NO_ENGINE', `The engine ${wanted} does not exist on this system`, {
      hint: `Use --engine ${ladder.join(' or --engine ')}, or leave it out.`,
    })
  }
  const asked = wanted === null ? ladder : [wanted]
  const [first, ...rest] = asked.filter((name) => !isTool(name) || tools[name] !== null)
  if (first !== undefined) return [first, ...rest]
  const missing = wanted === 'ss' || platform === 'linux' ? 'ss' : 'lsof'
  const tool = wanted === 'lsof' ? 'lsof' : missing
  throw new McpWatchError('NO_ENGINE', `The program ${tool} was not found on this system`, {
    hint: HINTS[tool],
  })
}
