/** Taking wrappers off a command line: what is run in the end, and how its process lies below the wrapper's. Pure. */
import { basename } from '../text/basename.ts'
import type { Layer, Position } from './layer.ts'
import { projectRunner } from './project-runner.ts'
import { shellCall } from './shell-call.ts'
import { systemWrapper } from './system-wrapper.ts'
import { asTool } from './tool-script.ts'
import { versionManager } from './version-manager.ts'

export type { Position } from './layer.ts'

export interface Unwrapped {
  /** Outermost first. */
  readonly wrappers: readonly Position[]
  readonly argv: readonly string[]
  /** Folder that a wrapper changes to (`uv run --directory`, `cd x &&`). */
  readonly directory: string | null
  /** npm's own command line, where it is one of the wrappers. */
  readonly npm: readonly string[] | null
  /** One of the wrappers runs it in a project, whose own programs are in PATH then. */
  readonly inProject: boolean
}

const MAX_LAYERS = 8

/** Takes off all wrappers; the argv left is empty only if the given one was. argv[0] keeps its path. */
export function unwrap(given: readonly string[]): Unwrapped {
  const wrappers: Position[] = []
  let argv = asTool(given)
  let directory: string | null = null
  let npm: readonly string[] | null = null
  let inProject = false
  while (wrappers.length < MAX_LAYERS) {
    const name = basename(argv[0] ?? '')
    const around = readLayer(name, argv)
    const layer = around ?? projectRunner(name, argv)
    if (layer === null || layer.argv.length === 0) break
    wrappers.push(layer.position)
    inProject ||= around === null
    if (name === 'npx' || name === 'npm') npm ??= argv
    argv = asTool(layer.argv)
    directory = layer.directory ?? directory
  }
  return { wrappers, argv, directory, npm, inProject }
}

/** What runs a program as it is found anywhere. */
function readLayer(name: string, argv: readonly string[]): Layer | null {
  return systemWrapper(name, argv) ?? shellCall(name, argv) ?? versionManager(name, argv)
}
