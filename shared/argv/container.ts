/** `docker run` and its kin: which image, with what arguments and options. Pure. */
import {
  type ContainerOptions,
  containerOptions,
  readGlobalOptions,
  readRunOptions,
} from './container-options.ts'
import { type PackageSpec, readImageReference } from './package-spec.ts'

export interface ImageCall {
  readonly engine: string
  readonly image: PackageSpec
  /** The image as written, with tag and digest. */
  readonly reference: string
  readonly args: readonly string[]
  readonly options: ContainerOptions
  /** What stands between the tool's name and the image, as written. */
  readonly before: readonly string[]
}

const ENGINES = new Set(['docker', 'podman', 'nerdctl'])

/** Reads `argv` (argv[0] the tool's base name); null when it runs no image. */
export function readImageCall(argv: readonly string[]): ImageCall | null {
  const engine = argv[0] ?? ''
  if (!ENGINES.has(engine)) return null
  let words = readGlobalOptions(argv.slice(1)).rest
  if (words[0] === 'container') words = words.slice(1)
  if (words[0] !== 'run') return null
  const read = readRunOptions(words.slice(1))
  const [reference, ...args] = read.rest
  if (reference === undefined) return null
  return {
    engine,
    image: readImageReference(reference),
    reference,
    args,
    options: containerOptions(read),
    before: argv.slice(1, argv.length - read.rest.length),
  }
}
