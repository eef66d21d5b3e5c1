/** Whether a process runs the package that an entry's launcher is told to run. */
import type { Core } from '../../shared/argv/invocation.ts'
import { likelyPrograms, type PackageCall } from '../../shared/argv/package-runner.ts'
import {
  isAddress,
  normalisePythonName,
  type PackageSpec,
  toPackageRef,
} from '../../shared/argv/package-spec.ts'
import type { PackageRef } from '../../shared/model/server.ts'
import { claimCanFit } from './argument-size.ts'
import type { Facet } from './facet.ts'
import type { CoreOf, Identity } from './identity.ts'
import { runsItself } from './match-program.ts'
import { isInstalled, packageInPath, programName } from './paths.ts'
import type { Matcher } from './pattern.ts'
import type { Signature } from './signature.ts'

export function asPackage(
  signature: Signature,
  core: CoreOf<'package'>,
  running: Core,
  facet: Facet,
  matcher: Matcher,
): Identity | null {
  const { args } = running
  if (running.kind === 'package')
    return isSameCall(core, running, matcher) ? { how: 'package', strong: true, args } : null
  if (running.kind === 'script')
    return facet.launcher ? null : asItsScript(signature, core, running, facet)
  if (running.kind !== 'binary' || !signature.programs.has(programName(running.path))) return null
  return facet.launcher || runsItself(facet.process, running.path)
    ? { how: 'command', strong: false, args }
    : null
}

/** A title claims it: only npm says in its title what it runs. */
export function asClaimedPackage(
  signature: Signature,
  core: CoreOf<'package'>,
  running: CoreOf<'package'>,
  { process }: Facet,
  matcher: Matcher,
): Identity | null {
  if (!isSameCall(core, running, matcher) || !claimCanFit(signature, process)) return null
  return { how: 'package', strong: true, args: running.args }
}

/** Two package runners are told to run the same program. npm's title tells the program and not its package. */
function isSameCall(core: PackageCall, running: PackageCall, matcher: Matcher): boolean {
  if (core.ecosystem !== running.ecosystem) return false
  const same = specsOf(core).some((spec) => sameSpec(spec, running.spec, matcher))
  if (core.bin === null) {
    return same && (running.bin === null || likelyPrograms(core).has(running.bin))
  }
  if (running.bin !== null) return same && core.bin === running.bin
  return running.spec.name === core.bin || (same && likelyPrograms(running).has(core.bin))
}

/** A package's own metadata names it; a script whose package is another one is not this one, whatever its name. */
function asItsScript(
  signature: Signature,
  core: CoreOf<'package'>,
  running: CoreOf<'script'>,
  { process }: Facet,
): Identity | null {
  const { args } = running
  const path = process.script?.path ?? running.script
  const program = isInstalled(path) ? programName(path) : null
  const found = process.script?.package ?? null
  const weak: Identity = { how: 'command', strong: false, args }
  if (found === null) {
    const named =
      signature.programs.has(programName(path)) || packageInPath(path) === core.spec.name
    return named ? weak : null
  }
  if (specsOf(core).some((spec) => samePackage(core, spec, found))) {
    // one package may have several programs
    if (core.bin !== null && program !== null && program !== core.bin) return null
    const usual = core.bin !== null || program === null || isUsual(signature, program)
    return { how: 'package', strong: usual, args }
  }
  if (core.ecosystem !== found.ecosystem || program === null) return null
  return isNamedOtherwise(core, path, program) && signature.programs.has(program) ? weak : null
}

function isUsual({ programs, invocation: { core } }: Signature, program: string): boolean {
  if (programs.has(program)) return true
  return (
    core.kind === 'package' &&
    core.ecosystem === 'pypi' &&
    programs.has(normalisePythonName(program))
  )
}

/** The entry says where the package is, or which program of the project it wants (`npx tsc`), but not its name. */
function isNamedOtherwise(core: PackageCall, path: string, program: string): boolean {
  if (specsOf(core).some(({ name }) => isAddress(name))) return true
  return core.ecosystem === 'npm' && core.bin === null && core.spec.name === program
    ? path.includes('/node_modules/.bin/')
    : false
}

function specsOf({ spec, others }: PackageCall): readonly PackageSpec[] {
  return [spec, ...others]
}

function samePackage(core: PackageCall, spec: PackageSpec, found: PackageRef): boolean {
  if (core.ecosystem !== found.ecosystem) return false
  const wanted = toPackageRef(core.ecosystem, spec)?.version ?? null
  if (wanted !== null && found.version !== null && isOtherVersion(wanted, found.version))
    return false
  if (core.ecosystem === 'npm') return spec.name === found.name
  return normalisePythonName(spec.name) === normalisePythonName(found.name)
}

/** `1.2` may be any 1.2.x; a whole version is one. */
function isOtherVersion(wanted: string, installed: string): boolean {
  return wanted.split('.').length >= 3 && wanted !== installed
}

export function sameSpec(one: PackageSpec, other: PackageSpec, matcher: Matcher): boolean {
  if (!matcher.word(one.name, other.name)) return false
  return one.version === null || other.version === null || matcher.word(one.version, other.version)
}
