/** The logs of the service as text: the daemon's own, and its manager's. */
import { readFileSync } from 'node:fs'
import type { Look } from '../render/report.ts'
import { clean } from '../render/text.ts'
import type { Scope, ServiceFacts } from './facts.ts'
import type { Host } from './gather.ts'
import type { Manager } from './manager.ts'
import { errorFile } from './render-launchd.ts'

type LogLine = ReturnType<Host['logLines']>[number]

const LEVELS: readonly (readonly [number, string])[] = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warning'],
  [30, 'info'],
]

export function logLinesText(path: string, lines: readonly LogLine[], { style }: Look): string {
  const shown = lines.map((line) => {
    const level = LEVELS.find(([least]) => line.level >= least)?.[1] ?? 'debug'
    const code = line.code === null ? '' : ` (${line.code})`
    return `${line.time}  ${level.padEnd(7)}  ${clean(line.message)}${code}\n`
  })
  const title = style.bold(clean(path))
  return `${title}\n${shown.length === 0 ? 'nothing in it yet\n' : shown.join('')}`
}

interface Asked {
  readonly host: Host
  readonly facts: ServiceFacts
  readonly manager: Manager
  readonly scope: Scope
  readonly most: number
}

/** Empty where there is nothing, or nothing that this user may read. */
export async function managerLogText(asked: Asked): Promise<string> {
  const lines = asked.manager.name === 'systemd' ? await journalLines(asked) : agentLines(asked)
  if (lines.length === 0) return ''
  const shown = lines.slice(-asked.most).map((line) => `${clean(line)}\n`)
  return `\n${asked.manager.name}\n${shown.join('')}`
}

/** journalctl(1). A user's journal is apart only where journals are kept on disk; elsewhere there is none to read. */
async function journalLines({ host, manager, scope, most }: Asked): Promise<string[]> {
  const unit = scope === 'user' ? `--user-unit=${manager.service}` : `--unit=${manager.service}`
  const shape = ['--no-pager', '--quiet', '--output=short-iso', `--lines=${most}`]
  const answer = await host.run(['journalctl', unit, ...shape], scope === 'user' ? 'user' : 'self')
  return answer?.code === 0 ? answer.stdout.split('\n').filter((line) => line !== '') : []
}

function agentLines({ host, facts }: Asked): string[] {
  try {
    const text = host.asOwner(() => readFileSync(errorFile(facts), 'utf8'))
    return text.split('\n').filter((line) => line !== '')
  } catch {
    return []
  }
}
