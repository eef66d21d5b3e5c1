/**
 * What a bundle's manifest says is run (MCPB, formerly DXT; manifest versions 0.1 to 0.4). Pure.
 *
 * `server.mcp_config` is an entry of the usual form, to which `platform_overrides` may add for one system. A bundle that
 * has none leaves it to the client, which runs `server.entry_point` by `server.type`.
 */
import type { Platform } from '../../shared/clients/row.ts'
import type { Document } from './document.ts'

const CONFIG = ['server', 'mcp_config']

/** Undefined where the manifest declares no server. */
export function bundleEntry(document: Document, platform: Platform): unknown {
  const config = document.value(CONFIG)
  if (!isObject(config)) return byType(document)
  const over = document.value([...CONFIG, 'platform_overrides', platform])
  const entry: Record<string, unknown> = { ...config, ...(isObject(over) ? over : {}) }
  const { args } = entry
  return Array.isArray(args)
    ? { ...entry, args: args.filter((arg) => !isMany(arg, document)) }
    : entry
}

/** `${user_config.KEY}` of a value that may be given many times, or not at all, stands for any number of arguments. */
function isMany(argument: unknown, document: Document): boolean {
  const key =
    typeof argument === 'string' ? /^\$\{user_config\.([^}]+)\}$/.exec(argument)?.[1] : null
  if (typeof key !== 'string') return false
  const config = document.value(['user_config', key])
  return isObject(config) && 'multiple' in config && config.multiple === true
}

function byType(document: Document): unknown {
  const file = document.value(['server', 'entry_point'])
  if (typeof file !== 'string' || file === '') return undefined
  const path = `\${__dirname}/${file}`
  switch (document.value(['server', 'type'])) {
    case 'node':
      return { command: ['node', path] }
    case 'python':
      return { command: ['python', path] }
    case 'uv':
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the bundle's own folder, filled in later
      return { command: ['uv', 'run', '--directory', '${__dirname}', file] }
    case 'binary':
      return { command: [path] }
    default:
      return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
