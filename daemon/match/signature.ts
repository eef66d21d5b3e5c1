/** What a running copy of a configured server looks like, and an index to find the servers a process may be. */
import {
  type Core,
  type Invocation,
  readInvocation,
  startsLauncher,
} from '../../shared/argv/invocation.ts'
import { likelyPrograms } from '../../shared/argv/package-runner.ts'
import { HOLE } from '../../shared/argv/words.ts'
import type { ScriptRef, Server } from '../../shared/model/server.ts'
import { basename } from '../../shared/text/basename.ts'
import { NPM_TEXT } from './facet.ts'
import { resolvePath } from './paths.ts'
import { encodeLaunch } from './pattern.ts'

export interface Signature {
  readonly server: Server
  /** The configured command line, encoded (see pattern.ts), command first. */
  readonly words: readonly string[]
  readonly invocation: Invocation
  /** The configured command is a launcher, not the server itself. */
  readonly launcher: boolean
  /** False where nothing but the paths tells what is run: the words would fit every process. */
  readonly named: boolean
  /** Absolute paths the script or binary is known by. */
  readonly paths: ReadonlySet<string>
  /** The file on disk, if it was found. */
  readonly script: ScriptRef | null
  /** For packages: names the program is likely to have. */
  readonly programs: ReadonlySet<string>
  /** Folder of a `project:` scope. */
  readonly project: string | null
  /** Where it runs, as far as the entry tells. */
  readonly folder: string | null
}

const PROJECT = 'project:'

/** Null for remote servers, and for command lines that cannot be executed or name nothing. */
export function createSignature(server: Server): Signature | null {
  if (server.launch === null) return null
  const words = encodeLaunch(server.launch)
  if (words === null) return null
  const invocation = readInvocation(words)
  if (invocation === null) return null
  const { core } = invocation
  const paths = knownPaths(server, invocation)
  const named = isNamed(core)
  if (paths.size === 0 && !named) return null
  return {
    server,
    words,
    invocation,
    named,
    launcher: startsLauncher(invocation),
    paths,
    script: scriptOf(server, core),
    programs: core.kind === 'package' ? likelyPrograms(core) : new Set(),
    project: projectOf(server),
    folder: folderOf(server, invocation),
  }
}

/** The file that was found for the entry, where it is what is run in the end and not what that is started with. */
function scriptOf({ launch }: Server, core: Core): ScriptRef | null {
  const script = launch?.script ?? null
  if (script === null || (core.kind !== 'script' && core.kind !== 'binary')) return null
  const name = basename(core.kind === 'script' ? core.script : core.path)
  const stem = basename(script.path).replace(/\.js$/, '')
  return name.includes(HOLE) || name.replace(/\.js$/, '') === stem || stem === 'index'
    ? script
    : null
}

function projectOf({ scope }: Server): string | null {
  return scope.startsWith(PROJECT) ? scope.slice(PROJECT.length) : null
}

function folderOf(server: Server, { directory }: Invocation): string | null {
  const start = server.launch?.cwd ?? projectOf(server)
  if (directory === null) return start
  return directory.includes(HOLE) ? null : resolvePath(start, directory)
}

/** Whether anything literal says what is run; of a shell text with a secret and a placeholder nothing is kept. */
function isNamed(core: Core): boolean {
  const name = nameOf(core)
  return basename(name).replaceAll(HOLE, '') !== ''
}

function nameOf(core: Core): string {
  switch (core.kind) {
    case 'package':
      return core.spec.name
    case 'image':
      return core.image.name
    case 'task':
      return core.task
    case 'module':
      return core.module
    case 'script':
      return core.script
    case 'binary':
      return core.path
  }
}

/**
 * Where the script can be. A file that was found on disk is the only answer; otherwise the text is seen from all
 * folders the client may start it in. A bare command name is looked up in PATH, which is not ours to know.
 */
function knownPaths(server: Server, { core, directory }: Invocation): ReadonlySet<string> {
  const paths = new Set<string>()
  const launch = server.launch
  if (core.kind !== 'script' && core.kind !== 'binary') return paths
  const script = scriptOf(server, core)
  if (script !== null) return paths.add(script.realPath).add(script.path)
  const text = core.kind === 'script' ? core.script : core.path
  if (text.includes(HOLE) || (core.kind === 'binary' && !text.includes('/'))) return paths
  const project = projectOf(server)
  const start = launch?.cwd ?? project
  const folders = directory === null ? [start, project] : [resolvePath(start, directory)]
  for (const folder of folders) {
    const path = resolvePath(folder, text)
    if (path !== null) paths.add(path)
  }
  return paths
}

/** Keys under which a signature is filed. A process with none of them cannot be the server. */
function keysOfSignature(signature: Signature): string[] {
  const { core } = signature.invocation
  const keys = [...signature.paths]
  switch (core.kind) {
    case 'package':
      for (const { name } of [core.spec, ...core.others]) keys.push(`package ${name}`)
      if (core.bin !== null) keys.push(`package ${core.bin}`)
      for (const program of signature.programs) keys.push(`program ${program}`)
      return keys
    case 'image':
      return [`image ${core.image.name}`]
    case 'task':
      return [`task ${core.task}`]
    case 'module':
      return [`module ${core.module}`]
    case 'script':
      keys.push(`program ${basename(core.script)}`)
      return keys
    case 'binary':
      keys.push(`program ${basename(core.path)}`)
      if (!core.path.includes('/')) keys.push(`package ${core.path}`)
      if (signature.invocation.npm !== null) keys.push(`program ${NPM_TEXT}`)
      return keys
  }
}

export interface SignatureIndex {
  readonly all: readonly Signature[]
  /** Signatures filed under any of the keys, each once. */
  find(keys: readonly string[]): readonly Signature[]
}

/** Files every server's signature, so that a process is compared with the few it can be. */
export function indexSignatures(servers: readonly Server[]): SignatureIndex {
  const all: Signature[] = []
  const filed = new Map<string, Signature[]>()
  const unfiled: Signature[] = []
  for (const server of servers) {
    const signature = createSignature(server)
    if (signature === null) continue
    all.push(signature)
    const keys = new Set(keysOfSignature(signature))
    // a placeholder in the part that names it: it can be called anything
    if ([...keys].some((key) => key.includes(HOLE))) unfiled.push(signature)
    else for (const key of keys) fileUnder(filed, key, signature)
  }
  const find = (keys: readonly string[]): readonly Signature[] => {
    let found: Set<Signature> | null = null
    for (const key of keys) {
      const here = filed.get(key)
      if (here === undefined) continue
      found ??= new Set(unfiled)
      for (const signature of here) found.add(signature)
    }
    return found === null ? unfiled : [...found]
  }
  return { all, find }
}

function fileUnder(filed: Map<string, Signature[]>, key: string, signature: Signature): void {
  const list = filed.get(key)
  if (list === undefined) filed.set(key, [signature])
  else list.push(signature)
}
