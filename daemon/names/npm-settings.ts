/** Reads where npm goes: host and port of its registries and proxies, and nothing else of its configuration. */

export interface Target {
  readonly host: string
  readonly port: number
  readonly kind: 'registry' | 'proxy'
}

export interface NpmAnswer {
  readonly targets: readonly Target[]
  /** Configuration files to read when npm held something back. */
  readonly files: readonly string[]
  /** Something is set that npm does not print because it holds a password: it must be read from the files. */
  readonly heldBack: boolean
}

type Settings = ReadonlyMap<string, string>

const MAX_TARGETS = 32
const MAX_LINE = 4096
/** What can be looked up: a name or a literal address; `${NAME}` that was never filled in cannot. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])$/

/**
 * The answer of `npm config list --json`; null when it is not one. npm prints every setting, but leaves out those
 * whose value holds a password (@npmcli/redact), so a missing one is one held back.
 */
export function parseNpmAnswer(text: string): NpmAnswer | null {
  const answer = parseObject(text)
  if (answer === null) return null
  const settings = new Map<string, string>()
  for (const [key, value] of Object.entries(answer)) {
    if (isWanted(key) && typeof value === 'string') settings.set(key, value)
  }
  const files = [answer['userconfig'], answer['globalconfig']].filter(
    (file) => typeof file === 'string',
  )
  const heldBack = ['registry', 'proxy', 'https-proxy'].some((key) => !(key in answer))
  return { targets: targetsOf(settings), files, heldBack }
}

/** The wanted `key = value` lines of an npmrc file; `${NAME}` is filled in from `env` as npm does. Total. */
export function parseNpmrc(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const settings = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const match = line.length > MAX_LINE ? null : /^\s*([^\s#;=]+)\s*=\s*(.*?)\s*$/.exec(line)
    const [, key = '', value = ''] = match ?? []
    if (!isWanted(key)) continue
    const bare = value.replace(/^(["'])(.*)\1$/, '$2')
    settings.set(
      key,
      bare.replace(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole),
    )
  }
  return settings
}

/** What environment variables set: npm's own ones, and the proxy that npm takes when none is configured. */
export function settingsOfEnv(env: Readonly<Record<string, string | undefined>>): Settings {
  const settings = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '') continue
    const own = /^npm_config_(.+)$/i.exec(name)?.[1]?.toLowerCase().replaceAll('_', '-')
    if (own !== undefined && isWanted(own)) settings.set(own, value)
    else if (/^(https?_|)proxy$/i.test(name)) settings.set(`${name.toLowerCase()}:proxy`, value)
  }
  return settings
}

/** Path, query, user and password are dropped here, before anything is kept. Not URLs: left out. */
export function targetsOf(settings: Settings): readonly Target[] {
  const found = new Map<string, Target>()
  for (const [key, value] of settings) {
    const kind = key.endsWith('proxy') ? 'proxy' : 'registry'
    const target = targetOf(kind === 'proxy' && !value.includes('://') ? `http://${value}` : value)
    if (target !== null && found.size < MAX_TARGETS)
      found.set(`${target.host} ${target.port}`, { ...target, kind })
  }
  return [...found.values()]
}

function targetOf(value: string): { host: string; port: number } | null {
  if (!URL.canParse(value)) return null
  const { protocol, hostname, port } = new URL(value)
  if (!HOST.test(hostname) || (protocol !== 'http:' && protocol !== 'https:')) return null
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return { host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}

function isWanted(key: string): boolean {
  return (
    key === 'registry' ||
    key === 'proxy' ||
    key === 'https-proxy' ||
    /^@[^:\s]+:registry$/.test(key)
  )
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : null
  } catch {
    return null
  }
}
