/** From a configured server to what may be kept of it. Pure. */

import { interpreterOf } from '../../shared/argv/interpreter.ts'
import type { Core, Invocation } from '../../shared/argv/invocation.ts'
import { toPackageRef } from '../../shared/argv/package-spec.ts'
import { HOLE } from '../../shared/argv/words.ts'
import type { Print } from '../../shared/model/drift.ts'
import type { PackageRef, Server } from '../../shared/model/server.ts'
import { basename } from '../../shared/text/basename.ts'
import { stripControl } from '../../shared/text/control.ts'
import { hasSecretShape } from '../../shared/text/secret.ts'
import { truncate } from '../../shared/text/truncate.ts'

/** Longest text that is kept to be shown. */
const MAX_TEXT = 160
/** What is not known in full: a placeholder (one HOLE), or a digest of something secret (two, then the digest). */
const DIGEST = HOLE + HOLE

export interface PrintPorts {
  /** A keyed hash. */
  readonly digest: (text: string) => string
  /** The command line with HOLEs where it is not known; null where it cannot be executed. */
  readonly readLaunch: (server: Server) => Invocation | null
}

/**
 * `before`, the last print of the same entry, is handed back where nothing changed: most entries of a file that was
 * written anew are what they were, and reading a command line costs ten times what comparing it does.
 */
export function printOf(server: Server, ports: PrintPorts, before: Print | null): Print {
  const { transport, launch, endpoint, disabled } = server
  const entry = [transport, launch?.command ?? null, launch?.args ?? [], endpoint]
  const whole = ports.digest(JSON.stringify(entry))
  if (before?.whole === whole)
    return before.disabled === disabled ? before : { ...before, disabled }
  const invocation = launch === null ? null : ports.readLaunch(server)
  const found = invocation === null ? null : packageOf(invocation.core)
  return {
    transport,
    command: invocation === null ? null : commandOf(invocation),
    program: ports.digest(JSON.stringify(programOf(server, invocation, found))),
    package: found === null ? null : `${found.ecosystem} ${found.name}`,
    version: found === null || invocation === null ? null : versionOf(invocation.core),
    url: endpoint === null ? null : shown(`${endpoint.scheme}://${hostOf(endpoint)}`),
    whole,
    disabled,
  }
}

/** Told by the command line alone: what is installed there is not the configuration. */
function packageOf(core: Core): PackageRef | null {
  if (core.kind === 'package') return toPackageRef(core.ecosystem, core.spec)
  return core.kind === 'image' ? toPackageRef('image', core.image) : null
}

/** Also a range or a tag, as `latest`. */
function versionOf(core: Core): string | null {
  if (core.kind === 'package') return core.spec.version === null ? null : shown(core.spec.version)
  if (core.kind !== 'image' || core.image.version === null) return null
  return shown(core.image.version)
}

/** What decides which program runs, but for a package that is compared by its name. */
function programOf(
  { launch, transport }: Server,
  invocation: Invocation | null,
  found: PackageRef | null,
): readonly unknown[] {
  if (invocation === null) return [transport, launch?.command ?? null]
  const { core, argv, directory } = invocation
  // With the options of the interpreter, which can load anything before it.
  const upToArguments = argv.slice(0, argv.length - core.args.length)
  const named = [transport, launch?.command ?? null, directory, core.kind]
  switch (core.kind) {
    case 'package':
      return [...named, core.manager, core.bin, found === null ? core.spec.name : null]
    case 'image':
      return [...named, core.engine, found === null ? core.image.name : null]
    case 'task':
      return [...named, core.manager, core.task]
    case 'script':
      return [...named, core.script, upToArguments]
    case 'module':
      return [...named, core.module, upToArguments]
    case 'binary':
      return [...named, core.path, runsItsArguments(core.path) ? core.args : null]
  }
}

/** `sh -c …`, `node -e …`: what it runs is in the arguments. */
function runsItsArguments(path: string): boolean {
  const name = basename(path).replace(/\.exe$/i, '')
  return SHELLS.has(name) || interpreterOf(name) !== null
}

const SHELLS = new Set([
  'sh', 'bash', 'zsh', 'dash', 'ksh', 'fish', 'busybox', 'cmd', 'powershell', 'pwsh', 'env', 'perl', 'ruby', 'php',
  'osascript', 'awk', 'ssh', 'sudo',
]) // biome-ignore format: a list

/** Never an argument but the name of the script or module that is run. */
function commandOf({ core, argv }: Invocation): string | null {
  const program = argv[0] ?? ''
  switch (core.kind) {
    case 'package':
    case 'image':
      return shown(basename(program))
    case 'task':
      return joined(basename(program), core.task)
    case 'script':
      return joined(program, basename(core.script))
    case 'module':
      return joined(program, `-m ${core.module}`)
    case 'binary':
      return shown(core.path)
  }
}

function joined(program: string, what: string): string | null {
  const [first, second] = [shown(program), shown(what)]
  return first === null || second === null ? null : truncate(`${first} ${second}`, MAX_TEXT)
}

function hostOf({ host, port }: NonNullable<Server['endpoint']>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Null for what may hold a secret. */
function shown(text: string): string | null {
  if (text.includes(DIGEST)) return null
  const plain = stripControl(text.replaceAll(HOLE, '…')).trim()
  if (plain === '' || hasSecretShape(null, plain)) return null
  return truncate(plain, MAX_TEXT)
}
