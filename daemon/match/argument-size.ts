/**
 * The size of the argument area as evidence. A process may write what it likes over its arguments, but the area keeps
 * the size execve(2) gave it: each argument's bytes and a NUL (proc(5), stat fields arg_start and arg_end).
 */
import { interpreterOf } from '../../shared/argv/interpreter.ts'
import { isToolName } from '../../shared/argv/tool-names.ts'
import { HOLE, splitWords } from '../../shared/argv/words.ts'
import type { Process } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
import { imageOf } from './facet.ts'
import { programName, resolvePath } from './paths.ts'
import type { Signature } from './signature.ts'

/** `fits`: exactly this command line. `possible`: not contradicted. */
export type SizeEvidence = 'fits' | 'possible' | 'contradicted'

/** Whether the process can have been started with the server's command line, by size alone. */
export function sizeEvidence(signature: Signature, process: Process): SizeEvidence {
  const size = process.argvBytes
  if (size === null) return 'possible'
  const { argv } = signature.invocation
  const left = size - areaOf(argv.slice(1).map(knownPart))
  const command = argv[0] ?? ''
  if (!isExact(signature)) return left > 1 ? 'possible' : 'contradicted'
  if (firstWords(signature, process).some((word) => areaOf([word]) === left)) return 'fits'
  // A client may have looked the command up in PATH first: any longer path that ends in its name.
  return left > areaOf([basename(command)]) + 1 ? 'possible' : 'contradicted'
}

/** Whether nothing of the command line is left open, so that its size is known. */
export function isExact({ invocation: { argv } }: Signature): boolean {
  return !argv.some((word) => word.includes(HOLE))
}

/** What stands in the arguments for certain: of a secret nothing is known, not its length either. */
function knownPart(word: string): string {
  return word.startsWith(HOLE + HOLE) ? '' : word.replaceAll(HOLE, '')
}

/** What can stand before the arguments: the command as configured, its base name, its path; and with `#!` both. */
function firstWords({ invocation, paths }: Signature, process: Process): string[] {
  const command = invocation.argv[0] ?? ''
  const words = [command, basename(command)]
  if (process.executable === null) return words
  const image = imageOf(process.executable)
  words.push(image)
  if (invocation.core.kind !== 'binary') return words
  const names = interpreterNames(image)
  // the kernel puts the path that was executed behind it
  for (const script of [...paths, command].filter((path) => path.includes('/')))
    for (const name of names) words.push(`${name}\0${script}`)
  return words
}

/** What may stand behind `#!` for an image: with and without folder, and `python3` or `python` for `python3.11`. */
function interpreterNames(image: string): string[] {
  const folder = image.slice(0, image.length - basename(image).length)
  const names = [basename(image)]
  for (let name = basename(image); /^[a-z]+[\d.]*\d$/i.test(name); ) {
    name = name.replace(/[.]?\d+$/, '')
    names.push(name)
  }
  return names.flatMap((name) => [name, `${folder}${name}`])
}

/** Whether the executable is what the server's command line would run. */
export function executableFits(signature: Signature, process: Process): boolean {
  if (process.executable === null) return false
  const image = imageOf(process.executable)
  const { core } = signature.invocation
  switch (core.kind) {
    case 'script':
    case 'module':
      return interpreterOf(image) === core.interpreter
    case 'binary':
      return (
        signature.paths.has(image) ||
        programName(core.path) === programName(image) ||
        (interpreterOf(image) !== null && !isToolName(basename(core.path)))
      )
    case 'package':
    case 'task':
    case 'image':
      return false
  }
}

/** `node` and the shortest path there is to npm's own script. */
const SHORTEST_NPM = areaOf(['node', '/npx'])

/**
 * Whether a title that claims to be the server's package runner can be true: node runs npm's script with exactly the
 * configured arguments, and npm's title shows what it was given. The area cannot be smaller than either. Only a lower
 * bound: the script's path is not known, nor are placeholders, secrets and what npm left out.
 */
export function claimCanFit({ invocation }: Signature, process: Process): boolean {
  if (process.argvBytes === null) return true
  const argv = invocation.npm ?? invocation.argv
  const configured = argv.slice(1).map(knownPart)
  // without `npm exec`, which npx is not given; *** stands for a password of any length
  const shown = splitWords(process.argv.join(' '))
    .slice(2)
    .filter((word) => !word.includes('***'))
  return process.argvBytes >= Math.max(areaOf(configured), areaOf(shown)) + SHORTEST_NPM
}

/** Where npm's own script is, seen from the folder that node is in. */
const NPM_SCRIPTS = [
  'npx',
  'npm',
  '../lib/node_modules/npm/bin/npx-cli.js',
  '../lib/node_modules/npm/bin/npm-cli.js',
]
const NPM_FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']

/**
 * Whether the argument area has the size that npm's would have, run by this process' node with the server's arguments.
 * `shown`: those that its title shows, which tell what stands for placeholders and secrets.
 */
export function isRunnerOfSize(
  { invocation }: Signature,
  process: Process,
  shown: readonly string[] | null = null,
): boolean {
  if (process.argvBytes === null || process.executable === null) return true
  const argv = (invocation.npm ?? invocation.argv).slice(1)
  const own = argv.length - invocation.core.args.length
  const sizes = [areaOf(argv)]
  if (shown !== null) sizes.push(areaOf(argv.slice(0, own)) + areaOf(shown))
  return isNpmOfSize(process, sizes)
}

/** `sizes`: what the arguments behind npm's script may take. */
function isNpmOfSize({ argvBytes, executable }: Process, sizes: readonly number[]): boolean {
  if (argvBytes === null || executable === null) return true
  const image = imageOf(executable)
  const folders = [resolvePath(image, '..'), ...NPM_FOLDERS]
  const scripts = folders.flatMap((folder) => NPM_SCRIPTS.map((name) => resolvePath(folder, name)))
  return ['node', image].some((node) =>
    scripts.some(
      (script) =>
        script !== null && sizes.some((size) => areaOf([node, script]) + size === argvBytes),
    ),
  )
}

function areaOf(words: readonly string[]): number {
  let size = 0
  for (const word of words) size += utf8Length(word) + 1
  return size
}

/** Bytes of a text in UTF-8, without making a copy. */
function utf8Length(text: string): number {
  let bytes = 0
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}
