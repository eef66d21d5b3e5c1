/** Where the policy file is, on every system. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** XDG Base Directory rules: a variable that is not an absolute path is ignored. */
export function policyPath(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  const config = env['XDG_CONFIG_HOME']
  const folder = config?.startsWith('/') ? config : join(home, '.config')
  return join(folder, 'mcp-watch', 'policy.jsonc')
}

/** The JSON Schema that is shipped beside the documentation; this file may be run compiled (in dist) or as it is. */
export function schemaPath(): string | null {
  const candidates = ['../../docs/policy.schema.json', '../../../docs/policy.schema.json']
  const paths = candidates.map((each) => fileURLToPath(new URL(each, import.meta.url)))
  return paths.find((path) => existsSync(path)) ?? null
}
