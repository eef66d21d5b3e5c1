/** Options of `docker run` and its kin: what they say of the container that comes of it. Pure and total. */

/** As written, so that words of a configured command line may hold a HOLE (words.ts). */
export interface ContainerOptions {
  readonly name: string | null
  /** Path of the file that the container's number is written to. */
  readonly cidFile: string | null
  /** `key=value`; of one without value `key=`. */
  readonly labels: readonly string[]
  /** `source:target`, of folders and named volumes; flags behind it left out. */
  readonly mounts: readonly string[]
  readonly network: string | null
  readonly entrypoint: string | null
  readonly published: readonly string[]
  readonly interactive: boolean
  readonly detach: boolean
}

export interface OptionWords {
  /** What stands in front of the first word that is no option: the options, in their order. */
  readonly options: readonly (readonly [name: string, value: string])[]
  readonly rest: readonly string[]
}

// Options of `docker run` and `podman run` without value; every other takes one (docker run --help, podman run --help).
const RUN_FLAGS = new Set([
  'd', 'detach', 'i', 'interactive', 't', 'tty', 'rm', 'rmi', 'init', 'privileged', 'read-only', 'read-only-tmpfs',
  'P', 'publish-all', 'no-healthcheck', 'oom-kill-disable', 'q', 'quiet', 'replace', 'no-hosts', 'no-hostname', 'env-host',
  'http-proxy', 'passwd', 'rootfs', 'unsetenv-all', 'use-api-socket', 'sig-proxy', 'disable-content-trust', 'tls-verify',
  'help',
]) // biome-ignore format: a list
// The same of what names a container that is there already: `exec` has those of `run`, `start` and `attach` have these.
const ATTACH_FLAGS = new Set([
  'a', 'attach', 'i', 'interactive', 'l', 'latest', 'all', 'no-stdin', 'sig-proxy', 'help',
]) // biome-ignore format: a list
const GLOBAL_FLAGS = new Set([
  'D', 'debug', 'tls', 'tlsverify', 'r', 'remote', 'syslog', 'noout', 'debug-full', 'insecure-registry', 'experimental',
]) // biome-ignore format: a list

/** Options between the tool's name and its subcommand. */
export function readGlobalOptions(words: readonly string[]): OptionWords {
  return readOptions(words, GLOBAL_FLAGS)
}

export function readRunOptions(words: readonly string[]): OptionWords {
  return readOptions(words, RUN_FLAGS)
}

export function readAttachOptions(words: readonly string[]): OptionWords {
  return readOptions(words, ATTACH_FLAGS)
}

/**
 * As the tools read them: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, and flags of one letter bundled
 * in front of one that takes a value (`-itl key=value`). A flag takes a value only behind `=`. `--` ends them.
 */
function readOptions(words: readonly string[], flags: ReadonlySet<string>): OptionWords {
  const options: (readonly [string, string])[] = []
  let index = 0
  for (; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (word === '--') return { options, rest: words.slice(index + 1) }
    if (!word.startsWith('-') || word === '-') break
    const found = word.startsWith('--') ? longOption(word, flags) : shortOptions(word, flags)
    options.push(...found.complete)
    if (found.open === null) continue
    index += 1
    options.push([found.open, words[index] ?? ''])
  }
  return { options, rest: words.slice(index) }
}

/** `open`: the option whose value is the next word. */
interface OneWord {
  readonly complete: readonly (readonly [string, string])[]
  readonly open: string | null
}

function longOption(word: string, flags: ReadonlySet<string>): OneWord {
  const equals = word.indexOf('=')
  if (equals > 0) return { complete: [[word.slice(2, equals), word.slice(equals + 1)]], open: null }
  const name = word.slice(2)
  return flags.has(name) ? { complete: [[name, 'true']], open: null } : { complete: [], open: name }
}

function shortOptions(word: string, flags: ReadonlySet<string>): OneWord {
  const complete: (readonly [string, string])[] = []
  for (let at = 1; at < word.length; at += 1) {
    const letter = word.charAt(at)
    const value = word.slice(at + 1)
    if (value.startsWith('='))
      return { complete: [...complete, [letter, value.slice(1)]], open: null }
    if (flags.has(letter)) complete.push([letter, 'true'])
    else if (value === '') return { complete, open: letter }
    else return { complete: [...complete, [letter, value]], open: null }
  }
  return { complete, open: null }
}

/** What the options of `run` say; of one that is given again, the last counts. */
export function containerOptions({ options }: Pick<OptionWords, 'options'>): ContainerOptions {
  const last = (...names: readonly string[]): string | null =>
    options.findLast(([name]) => names.includes(name))?.[1] ?? null
  const all = (...names: readonly string[]): string[] =>
    options.flatMap(([name, value]) => (names.includes(name) ? [value] : []))
  return {
    name: last('name'),
    cidFile: last('cidfile'),
    labels: all('l', 'label').map((label) => (label.includes('=') ? label : `${label}=`)),
    mounts: [...all('v', 'volume').flatMap(volumeOf), ...all('mount').flatMap(mountOf)],
    network: last('network', 'net'),
    entrypoint: last('entrypoint'),
    published: all('p', 'publish'),
    interactive: isOn(last('i', 'interactive')),
    detach: isOn(last('d', 'detach')),
  }
}

/** As Go's strconv.ParseBool reads what means yes. */
function isOn(value: string | null): boolean {
  return value !== null && /^(1|t|true)$/i.test(value)
}

/** `source:target:flags`; a target alone is a volume without name. */
function volumeOf(value: string): string[] {
  const [source, target] = value.split(':')
  return source === undefined || target === undefined ? [] : [`${source}:${target}`]
}

/** `type=bind,source=/a,target=/b,readonly`: comma-separated, with other names for the same. */
function mountOf(value: string): string[] {
  const fields = new Map<string, string>()
  for (const field of value.split(',')) {
    const equals = field.indexOf('=')
    if (equals > 0) fields.set(field.slice(0, equals), field.slice(equals + 1))
  }
  const source = fields.get('source') ?? fields.get('src')
  const target = fields.get('target') ?? fields.get('destination') ?? fields.get('dst')
  return source === undefined || target === undefined ? [] : [`${source}:${target}`]
}
