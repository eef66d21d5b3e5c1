/** From a stdio entry to how its process will look, secrets left out. Pure but for the one question it asks of the disk. */

import { endpointOf } from '../../shared/address/endpoint.ts'
import type { Expansion } from '../../shared/clients/row.ts'
import type { ArgPattern, Endpoint, Launch } from '../../shared/model/server.ts'
import { basename } from '../../shared/text/basename.ts'
import { looksSecret } from '../../shared/text/secret.ts'
import { splitWords } from '../../shared/text/words.ts'
import {
  ANY,
  argumentPattern,
  commandPattern,
  type Digest,
  shellTextPattern,
} from './arg-pattern.ts'
import type { Entry } from './entry.ts'
import { namedFiles, OPEN } from './named-files.ts'
import { expand, expandFully, type Surroundings } from './placeholders.ts'

export interface LaunchContext extends Surroundings {
  readonly expansion: Expansion
  /** A keyed hash. */
  readonly digest: Digest
  readonly isFile: (path: string) => boolean
}

/** A launch whose script has not been looked for yet. */
export interface LaunchDraft {
  readonly launch: Omit<Launch, 'script'>
  /** Absolute paths that may be the script, the likeliest first. */
  readonly scriptPaths: readonly string[]
}

export function draftLaunch(entry: Entry, context: LaunchContext): LaunchDraft {
  const cwd = workingFolder(entry.cwd, context)
  const [command = '', ...args] = splitCommand(entry, cwd, context)
  const { expansion, digest } = context
  const words = [command, ...args].map((word) =>
    word === null ? OPEN : fill(word ?? '', expansion, context),
  )
  const patterns = args.map((argument, index) => {
    if (argument === null) return ANY
    const pieces = expand(argument, expansion, context)
    const before = args[index - 1] ?? null
    return isShellText(before, args[index - 2] ?? command)
      ? shellTextPattern(pieces, digest)
      : argumentPattern(pieces, before, digest)
  })
  const endpoints = patterns.flatMap((pattern, index) => {
    const endpoint = hiddenEndpoint(pattern, words[index + 1] ?? '')
    return endpoint === null ? [] : [{ argument: index, endpoint }]
  })
  return {
    launch: {
      command: commandPattern(expand(withHome(command ?? '', context), expansion, context), digest),
      args: patterns,
      cwd,
      ...(endpoints.length === 0 ? {} : { endpoints }),
    },
    scriptPaths: namedFiles(words, {
      home: context.home,
      cwd: cwd ?? context.projectDir,
    }),
  }
}

/** What an entry with a `url` would keep of it; a host that looks like a key is none. */
function hiddenEndpoint(pattern: ArgPattern, text: string): Endpoint | null {
  if (pattern.kind === 'literal' || !('digest' in pattern)) return null
  if (!/^(?:https?|wss?):\/\/\S*$/i.test(text)) return null
  const endpoint = endpointOf(text)
  return endpoint === null || looksSecret(null, endpoint.host) ? null : endpoint
}

/** `sh -c TEXT`, also behind `env` and the like; `env -S TEXT`. */
function isShellText(before: string | null, command: string | null): boolean {
  if (basename(command ?? '') === 'env') return /^(-[iv0]*S|--split-string)$/.test(before ?? '')
  return /^-[a-z]*c$/.test(before ?? '') && /^(ba|z|da|k|a|fi)?sh$/.test(basename(command ?? ''))
}

/** People write `"command": "npx -y x"` and some clients take it; a file of that very name is one command, though. */
function splitCommand(
  entry: Entry,
  cwd: string | null,
  context: LaunchContext,
): readonly (string | null)[] {
  const whole = [entry.command, ...entry.args]
  if (entry.oneWord) return whole
  if (!/\s/.test(entry.command.trim())) return [entry.command.trim(), ...entry.args]
  const path = expandFully(withHome(entry.command, context), context.expansion, context)
  if (path?.startsWith('/') && context.isFile(path)) return whole
  const base = cwd ?? context.projectDir
  if (path?.includes('/') && base !== null && context.isFile(`${base}/${path}`)) return whole
  return [...splitWords(entry.command), ...entry.args]
}

/** Null where it is not told, or holds a placeholder that is not known. */
function workingFolder(cwd: string | null, context: LaunchContext): string | null {
  if (cwd === null) return null
  const path = expandFully(withHome(cwd, context), context.expansion, context)
  if (path === null || path.includes('\0')) return null
  if (path.startsWith('/')) return path
  return context.projectDir === null ? null : `${context.projectDir}/${path}`
}

function withHome(path: string, { home }: Surroundings): string {
  return path === '~' || path.startsWith('~/') ? home + path.slice(1) : path
}

function fill(word: string, expansion: Expansion, context: LaunchContext): string {
  return expand(word, expansion, context)
    .map((piece) => piece ?? OPEN)
    .join('')
}
