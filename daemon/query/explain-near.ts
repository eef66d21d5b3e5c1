/** Which entries a process came near to, and what kept it from being them. Pure. */
import type { NearReason } from '../../shared/contract/explain.ts'
import type { Process } from '../../shared/model/process.ts'
import { isInProject } from '../match/choose.ts'
import { keysOfFacet } from '../match/facet.ts'
import type { Matcher } from '../match/pattern.ts'
import type { Scene } from '../match/scene.ts'
import type { Signature } from '../match/signature.ts'
import { identify, matchSignature } from '../match/signature-match.ts'

export interface Near {
  readonly signature: Signature
  readonly process: Process
  readonly why: NearReason
}

/** `chosen`: ids of the servers that it was taken for. */
export function nearEntries(
  scene: Scene,
  matcher: Matcher,
  process: Process,
  chosen: ReadonlySet<string>,
): readonly Near[] {
  const keys = keysOfFacet(scene.facet(process))
  const shared = new Set(keys)
  return scene.index.find(keys).flatMap((signature) => {
    if (chosen.has(signature.server.id)) return []
    const why = whyNot(scene, matcher, process, signature, shared)
    return why === null ? [] : [{ signature, process, why }]
  })
}

/** Processes that come near to an entry, for one that does not run. */
export function nearProcesses(
  scene: Scene,
  matcher: Matcher,
  signature: Signature,
  most: number,
): readonly Near[] {
  const found: Near[] = []
  for (const process of scene.table.processes.values()) {
    if (found.length >= most) break
    const facet = scene.facet(process)
    const keys = keysOfFacet(facet)
    if (!scene.index.find(keys).includes(signature)) continue
    const why = whyNot(scene, matcher, process, signature, new Set(keys))
    if (why !== null) found.push({ signature, process, why })
  }
  return found
}

/** Null where it is not near at all: it shares no more than an interpreter, or a placeholder fits everything. */
function whyNot(
  scene: Scene,
  matcher: Matcher,
  process: Process,
  signature: Signature,
  keys: ReadonlySet<string>,
): NearReason | null {
  const facet = scene.facet(process)
  const match = matchSignature(signature, facet, matcher)
  const client = scene.clientOf(process)
  if (match === null) {
    const identity = identify(signature, facet, matcher)
    if (identity !== null) return 'arguments-differ'
    if (!sharesName(signature, keys)) return null
    return facet.untrusted ? 'title-not-believed' : 'other-program'
  }
  if (!match.strong && client === null) return 'name-only-without-client'
  const { server, project } = signature
  const folder = client?.process.cwd ?? null
  if (project !== null && !isInProject(project, process.cwd, folder)) return 'other-project'
  if (client !== null && client.id !== server.client) return 'other-client'
  if (server.disabled) return 'switched-off'
  return match.args === 'some' ? 'arguments-differ' : 'fits-less'
}

/** Interpreters and shells are shared by everybody. */
const COMMON =
  /^program (node|nodejs|bun|deno|python[\d.]*|uvx?|npx|npm|sh|bash|dash|zsh|env|docker)$/

/** An entry whose name holds a placeholder is compared with every process, so it shares nothing by that alone. */
function sharesName(
  { invocation: { core }, programs, paths }: Signature,
  keys: ReadonlySet<string>,
) {
  for (const key of keys) {
    if (COMMON.test(key)) continue
    const name = key.slice(key.indexOf(' ') + 1)
    if (paths.has(key) || programs.has(name)) return true
    if (core.kind === 'package' && (name === core.spec.name || name === core.bin)) return true
    if (core.kind === 'image' && name === core.image.name) return true
    if (core.kind === 'module' && name === core.module) return true
    const path = core.kind === 'script' ? core.script : core.kind === 'binary' ? core.path : ''
    if (path !== '' && (path === name || path.endsWith(`/${name}`))) return true
  }
  return false
}
