/** Package specifications as package runners take them: name and version apart. Pure and total. */
import type { Ecosystem, PackageRef } from '../model/server.ts'
import { HOLE } from './words.ts'

/** `version` is whatever follows the name: an exact version, a range or a tag. */
export interface PackageSpec {
  readonly name: string
  readonly version: string | null
}

/** A longer one is nobody's, and not taken apart: patterns below look at some of its text again and again. */
const LONGEST = 2048

/** Whether it says where the package is and not how it is called: a path, an address, `github:owner/repository`. */
export function isAddress(name: string): boolean {
  if (name.includes('://') || /^[./~]/.test(name)) return true
  return /^[a-z]+:/.test(name) || /^[^@/]+\/[^/]+/.test(name)
}

/** `@scope/name@1.2`, `name@latest`, `npm:name@1`, `alias@npm:name@1`; a path or an address is kept whole as the name. */
export function readNpmSpec(text: string): PackageSpec {
  if (text.length > LONGEST) return { name: text, version: null }
  const spec = text.replace(/^(@?[^@:]+@)?(npm|jsr):\/?/, '')
  const at = spec.indexOf('@', 1)
  if (at < 0 || isAddress(spec)) return { name: spec, version: null }
  return { name: spec.slice(0, at), version: spec.slice(at + 1) || null }
}

/** `name==1.2`, `name[extra]>=1`, `name@1.2` (uvx); names are compared as PEP 503 normalises them. */
export function readPythonSpec(text: string): PackageSpec {
  if (text.length > LONGEST) return { name: text, version: null }
  // PEP 508: `name @ address`
  const direct = /^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*@\s*\S+:\/\//.exec(text)?.[1]
  if (direct !== undefined) return { name: normalisePythonName(direct), version: null }
  if (text.includes('://') || /^[./~]/.test(text)) return { name: text, version: null }
  const found = /^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?:(?:===?|@|~=|!=|[<>]=?)\s*(.+))?$/.exec(
    text,
  )
  if (found?.[1] === undefined) return { name: text, version: null }
  return { name: normalisePythonName(found[1]), version: found[2] ?? null }
}

/** PEP 503: lower case, runs of `-`, `_` and `.` are one `-`. */
export function normalisePythonName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

/** `registry:5000/team/image:tag@sha256:…`; the tag is the version. */
export function readImageReference(text: string): PackageSpec {
  const name = text.split('@sha256:')[0] ?? text
  const colon = name.lastIndexOf(':')
  if (colon < 0 || name.indexOf('/', colon) >= 0) return { name, version: null }
  return { name: name.slice(0, colon), version: name.slice(colon + 1) || null }
}

const NAMES: Record<Ecosystem, RegExp> = {
  npm: /^(?:@[a-z0-9~_-][a-z0-9._~-]*\/)?[A-Za-z0-9~_-][A-Za-z0-9._~-]*$/,
  pypi: /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/,
  image: /^[a-z0-9][a-z0-9._:/-]*$/,
}

/** The package a specification names, for showing; null for paths, addresses, placeholders and oversized names. */
export function toPackageRef(ecosystem: Ecosystem, spec: PackageSpec): PackageRef | null {
  if (spec.name.length > 214 || spec.name.includes(HOLE) || !NAMES[ecosystem].test(spec.name))
    return null
  const version = spec.version ?? ''
  const exact = ecosystem === 'image' ? /^[\w.-]{1,64}$/ : /^\d[\w.+-]{0,63}$/
  return { ecosystem, name: spec.name, version: exact.test(version) ? version : null }
}
