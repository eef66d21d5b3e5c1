/** Bridges: programs that a client starts over stdio and that talk to a remote server for it. Pure and total. */
import type { PackageRef } from '../model/server.ts'
import { basename } from '../text/basename.ts'
import type { Core } from './invocation.ts'

/** The options of one bridge that are followed by so many words; all others are followed by none. */
type Counts = Readonly<Record<string, number>>

interface Bridge {
  readonly npm: readonly string[]
  readonly pypi: readonly string[]
  readonly image: readonly string[]
  readonly programs: readonly string[]
  /** The addresses it is told to talk to, as written; empty where it is told something else. */
  readonly urls: (args: readonly string[]) => readonly string[]
}

// The bridges' own --help.
const MCP_REMOTE: Counts = {
  '--header': 1,
  '--transport': 1,
  '--host': 1,
  '--resource': 1,
  '--auth-timeout': 1,
  '--ignore-tool': 1,
  '--static-oauth-client-metadata': 1,
  '--static-oauth-client-info': 1,
}
const MCP_PROXY: Counts = {
  '-H': 2,
  '--headers': 2,
  '--transport': 1,
  '--client-id': 1,
  '--client-secret': 1,
  '--token-url': 1,
  '--log-level': 1,
}

const BRIDGES: readonly Bridge[] = [
  {
    npm: ['mcp-remote'],
    pypi: [],
    image: [],
    programs: ['mcp-remote', 'mcp-remote-client'],
    // With it the environment names who is talked to, and that is not read.
    urls: (args) => (args.includes('--enable-proxy') ? [] : firstUrl(args, MCP_REMOTE)),
  },
  {
    npm: ['supergateway'],
    pypi: [],
    image: ['supercorp/supergateway'],
    programs: ['supergateway'],
    // With --stdio it goes the other way round.
    urls: (args) =>
      valuesOf(args, '--stdio').length > 0
        ? []
        : [...valuesOf(args, '--sse'), ...valuesOf(args, '--streamableHttp')].filter(isUrl),
  },
  {
    npm: [],
    pypi: ['mcp-proxy'],
    image: ['ghcr.io/sparfenyuk/mcp-proxy'],
    programs: ['mcp-proxy'],
    urls: (args) => {
      const [url] = firstUrl(args, MCP_PROXY)
      return url === undefined ? [] : [url, ...valuesOf(args, '--token-url').filter(isUrl)]
    },
  },
]

/**
 * The addresses that this command line has a bridge talk to; empty where it runs none, or names none. `pkg` is the
 * package that the script on the command line belongs to.
 */
export function bridgedUrls(core: Core, pkg: PackageRef | null): readonly string[] {
  const bridge = BRIDGES.find((each) => runs(core, pkg, each))
  return bridge === undefined || core.kind === 'task' ? [] : bridge.urls(core.args)
}

function runs(core: Core, pkg: PackageRef | null, bridge: Bridge): boolean {
  switch (core.kind) {
    case 'package':
      return (
        core.ecosystem !== 'image' &&
        bridge[core.ecosystem].includes(core.spec.name) &&
        core.others.length === 0 &&
        (core.bin === null || bridge.programs.includes(core.bin))
      )
    case 'image':
      return bridge.image.includes(core.image.name)
    case 'task':
      return false
    case 'module':
      return bridge.pypi.includes(core.module.replaceAll('_', '-'))
    case 'script':
      return pkg !== null && bridge[pkg.ecosystem].includes(pkg.name)
    case 'binary':
      // A script that is run by its own name has a package; any other program of the name is taken at its word.
      return pkg === null
        ? bridge.programs.includes(basename(core.path))
        : bridge[pkg.ecosystem].includes(pkg.name)
  }
}

/** The first word that belongs to no option, if it is an address. */
function firstUrl(args: readonly string[], counts: Counts): readonly string[] {
  let index = 0
  for (; index < args.length; index += 1) {
    const word = args[index] ?? ''
    if (!word.startsWith('-')) break
    index += Object.hasOwn(counts, word) ? (counts[word] ?? 0) : 0
  }
  const first = args[index]
  return first !== undefined && isUrl(first) ? [first] : []
}

/** `--name VALUE` and `--name=VALUE`. */
function valuesOf(args: readonly string[], name: string): readonly string[] {
  return args.flatMap((word, index) => {
    if (word.startsWith(`${name}=`)) return [word.slice(name.length + 1)]
    const next = args[index + 1]
    return word === name && next !== undefined ? [next] : []
  })
}

function isUrl(text: string): boolean {
  return /^(?:https?|wss?):\/\//i.test(text)
}
