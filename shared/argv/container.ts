/** `docker run` and its kin: which image, with what arguments. Pure. */
import { scanOptions } from './options.ts'
import { type PackageSpec, readImageReference } from './package-spec.ts'

export interface ImageCall {
  readonly engine: string
  readonly image: PackageSpec
  readonly args: readonly string[]
}

const ENGINES = new Set(['docker', 'podman', 'nerdctl'])

// Every option of `docker run` takes a value but these (docker run --help, podman run --help).
const RUN_FLAGS = {
  only: 'flags',
  names: new Set([
    '-d', '--detach', '-i', '--interactive', '-t', '--tty', '--rm', '--rmi', '--init', '--privileged',
    '--read-only', '-P', '--publish-all', '--no-healthcheck', '--oom-kill-disable', '-q', '--quiet', '--replace',
    '--no-hosts', '--no-hostname', '--env-host', '--sig-proxy', '--disable-content-trust', '--tls-verify', '--help',
  ]),
} as const // biome-ignore format: a list
const GLOBAL_FLAGS = {
  only: 'flags',
  names: new Set(['-D', '--debug', '--tls', '--tlsverify', '--remote', '-r']),
} as const

/** Reads `argv` (argv[0] the tool's base name); null when it runs no image. */
export function readImageCall(argv: readonly string[]): ImageCall | null {
  const engine = argv[0] ?? ''
  if (!ENGINES.has(engine)) return null
  let words = scanOptions(argv, 1, GLOBAL_FLAGS).rest
  if (words[0] === 'container') words = words.slice(1)
  if (words[0] !== 'run') return null
  const [image, ...args] = scanOptions(words, 1, RUN_FLAGS).rest
  return image === undefined ? null : { engine, image: readImageReference(image), args }
}
