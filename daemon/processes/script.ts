/** Which script an interpreter runs: from its arguments to a file on disk and the package it belongs to. */
import { realpathSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Interpreter,
  interpreterOf,
  readInterpreterCall,
} from '../../shared/argv/interpreter.ts'
import type { ArgvForm } from '../../shared/model/process.ts'
import type { ScriptRef } from '../../shared/model/server.ts'
import type { Packages } from '../ports.ts'
import { readZippedScript } from './zipped-script.ts'

/** What is known of the process; `cwd` null means that a relative script cannot be found. */
export interface ScriptQuestion {
  readonly argv: readonly string[]
  readonly form: ArgvForm
  readonly executable: string | null
  readonly cwd: string | null
}

/** A path of a joined command line may hold spaces: this many pieces are tried together. */
const MAX_JOINED_PIECES = 8
const MAX_PATH_BYTES = 4096

/** The script, or null: no interpreter, an inline program, a title in place of arguments, or no such file. */
export function resolveScript(question: ScriptQuestion, packages: Packages): ScriptRef | null {
  switch (question.form) {
    case 'rewritten':
      return null
    case 'given':
      return scriptOf(question, question.argv, packages)
    case 'joined':
      return joinedScript(question, packages)
  }
}

function scriptOf(
  question: ScriptQuestion,
  argv: readonly string[],
  packages: Packages,
): ScriptRef | null {
  // The image counts, not argv[0]: bun runs scripts under the name "node".
  const interpreter = interpreterOf(question.executable ?? argv[0] ?? '')
  if (interpreter === null) return null
  const { script } = readInterpreterCall(interpreter, argv)
  return script === null ? null : find(script, question.cwd, interpreter, packages)
}

/** Boundaries are lost, so the pieces after the interpreter's options are joined until a file is met. */
function joinedScript(question: ScriptQuestion, packages: Packages): ScriptRef | null {
  const pieces = (question.argv[0] ?? '').split(' ').filter((piece) => piece !== '')
  const interpreter = interpreterOf(question.executable ?? pieces[0] ?? '')
  if (interpreter === null) return null
  const { script, rest } = readInterpreterCall(interpreter, pieces)
  if (script === null) return null
  let candidate = script
  for (const next of [...rest.slice(0, MAX_JOINED_PIECES - 1), null]) {
    const found = find(candidate, question.cwd, interpreter, packages)
    if (found !== null || next === null) return found
    candidate = `${candidate} ${next}`
  }
  return null
}

function find(
  script: string,
  cwd: string | null,
  interpreter: Interpreter,
  packages: Packages,
): ScriptRef | null {
  const given = pathOfUrl(script)
  if (!isAbsolute(given) && cwd === null) return null
  const path = resolve(cwd ?? '/', given)
  if (path.length > MAX_PATH_BYTES) return null
  // node finds `index.js` where `index` was asked for; the other interpreters take the name as it is.
  const realPath = real(path) ?? (interpreter === 'node' ? real(`${path}.js`) : null)
  if (realPath === null) return interpreter === 'node' ? zipped(path) : null
  const found = packages.packageOf(realPath)
  // A Python script below some package.json is no part of that npm package, and the other way round.
  const ecosystem = interpreter === 'python' ? 'pypi' : 'npm'
  return { path, realPath, package: found?.ecosystem === ecosystem ? found : null }
}

/** deno names what it installed by its address, `file:///…`. */
function pathOfUrl(script: string): string {
  if (!script.startsWith('file:///')) return script
  try {
    return fileURLToPath(script)
  } catch {
    return script
  }
}

function zipped(path: string): ScriptRef | null {
  const found = readZippedScript(path)
  if (found === null || real(found.archive) === null) return null
  return { path, realPath: path, package: found.package }
}

function real(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
