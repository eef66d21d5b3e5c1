/** The service files as they are shipped, with `@NAME@` where something is to be filled in. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { McpWatchError } from '../../shared/errors.ts'

export type TemplateName =
  | 'systemd/mcp-watch.service'
  | 'systemd/mcp-watch-system.service'
  | 'systemd/mcp-watch-capture.service'
  | 'launchd/mcp-watch.plist'

/** This file may be run compiled (in dist) or as it is. Throws McpWatchError INTERNAL when the file was not shipped. */
export function readTemplate(name: TemplateName): string {
  const paths = ['../../', '../../../'].map((up) =>
    fileURLToPath(new URL(`${up}${name}`, import.meta.url)),
  )
  const path = paths.find((each) => existsSync(each))
  if (path === undefined) throw new McpWatchError('INTERNAL', `${name} is missing`)
  return readFileSync(path, 'utf8')
}

/**
 * Fills in the places; what is filled in is not looked at again. A line that was nothing but a place with nothing to
 * fill in is left out. Pure. Throws where a place has no value: the template and the code do not go together.
 */
export function fillIn(template: string, values: Readonly<Record<string, string>>): string {
  const lines = template.split('\n').flatMap((line) => {
    const filled = line.replaceAll(/@([A-Z_]+)@/g, (_place, name: string) => {
      const value = values[name]
      if (value === undefined) throw new McpWatchError('INTERNAL', `nothing to fill in for ${name}`)
      return value
    })
    return filled === '' && line !== '' ? [] : [filled]
  })
  return lines.join('\n')
}
