/** The LaunchAgent of this user: launchd.plist(5). Pure: template and facts → text. */
import { join } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'
import { LAUNCHD_LABEL } from '../../shared/service/places.ts'
import { recordText } from '../../shared/service/record.ts'
import { daemonCommand } from './exec.ts'
import type { ServiceFacts } from './facts.ts'
import { fillIn } from './template.ts'

/** What Node says before the daemon has its log. */
export function errorFile({ folders }: Pick<ServiceFacts, 'folders'>): string {
  return join(folders.state, 'service.log')
}

export function renderPlist(template: string, facts: ServiceFacts): string {
  const variables = Object.entries(facts.environment)
  return fillIn(template, {
    LABEL: xmlText(LAUNCHD_LABEL),
    RECORD: recordText(facts.record).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e'),
    ARGUMENTS: daemonCommand(facts)
      .map((word) => `    <string>${xmlText(word)}</string>`)
      .join('\n'),
    ENVIRONMENT: variables
      .map(([name, value]) =>
        [`    <key>${xmlText(name)}</key>`, `    <string>${xmlText(value)}</string>`].join('\n'),
      )
      .join('\n'),
    ERRORS: xmlText(errorFile(facts)),
  })
}

/** XML 1.0 has no way to write most control characters (2.2, "Char"). */
export function xmlText(text: string): string {
  if (/[\u0000-\u001f\u007f\ufffe\uffff]/.test(text)) {
    throw new McpWatchError('SERVICE_MANAGER', 'a path has characters that no plist can hold', {
      hint: 'a folder of yours, or the one of mcp-watch, has a control character in its name',
    })
  }
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
