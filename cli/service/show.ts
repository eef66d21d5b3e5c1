/** What the `service` commands say. Pure. */
import type { ServiceStatus } from '../../shared/contract/service.ts'
import type { Look } from '../render/report.ts'
import type { Style } from '../render/style.ts'
import { clean, wrap } from '../render/text.ts'
import { exactCommand } from './exact.ts'
import type { ServiceFacts } from './facts.ts'
import type { Manager } from './manager.ts'

/** The command as it is to be typed for this scope. */
export const again = ({ scope }: Pick<ServiceFacts, 'scope'>, command: string): string =>
  scope === 'system' ? `sudo mcp-watch service ${command} --system` : `mcp-watch service ${command}`

export interface Installed {
  readonly news: 'installed' | 'renewed' | 'unchanged'
  readonly lingers: boolean | null
}

const NEWS: Readonly<Record<Installed['news'], string>> = {
  installed: 'mcp-watch is installed as a service and running',
  renewed: 'the service was brought up to date and is running',
  unchanged: 'the service is as it should be and running',
}

export function installedText(
  facts: ServiceFacts,
  { path, service }: Pick<Manager, 'path' | 'service'>,
  { news, lingers }: Installed,
): string {
  return [
    `${NEWS[news]}; "${again(facts, 'uninstall')}" takes it away`,
    `  service  ${clean(service)}`,
    `  file     ${clean(path)}`,
    `  state    ${clean(facts.folders.state)}`,
    ...(lingers === false ? [`  ${lingerHint(facts.user.name)}`] : []),
    '',
  ].join('\n')
}

function lingerHint(user: string): string {
  return `It runs while ${clean(user)} is logged in. To have it run from the start of the machine on: sudo loginctl enable-linger ${clean(user)}`
}

export interface Removed {
  readonly wasInstalled: boolean
  /** Whether the service manager could be asked, and so could stop it. */
  readonly answers: boolean
}

export function removedText(
  { folders, user, platform, scope }: ServiceFacts,
  { path, name }: Pick<Manager, 'path' | 'name'>,
  { wasInstalled, answers }: Removed,
): string {
  const first = wasInstalled
    ? `the service was ${answers ? 'stopped and ' : ''}removed`
    : `no service is installed (${clean(path)})`
  return [
    `${first}; what belongs to you was left`,
    `  what was recorded  ${clean(folders.state)}`,
    `  policy             ${clean(folders.policyFile)}`,
    ...(wasInstalled && !answers
      ? [`  ${name} did not answer: if mcp-watch runs, "mcp-watch stop" ends it`]
      : []),
    ...(wasInstalled && answers && platform === 'linux' && scope === 'user'
      ? [`  lingering was not changed; "loginctl disable-linger ${clean(user.name)}" ends it`]
      : []),
    '',
  ].join('\n')
}

const STATES: Readonly<Record<ServiceStatus['state'], string>> = {
  running: 'running',
  starting: 'starting',
  stopped: 'not running',
  failed: 'failed',
  unknown: 'not known: its manager did not answer',
}

export function statusText(answer: ServiceStatus, { style, columns }: Look): string {
  const { installed, state, pid, installedFor, problems } = answer
  const exact = exactText(answer, { style, columns })
  if (!installed) {
    return `${style.yellow('not installed')}: there is no ${clean(answer.file)}\n  "${again(answer, 'install')}" makes it\n${exact}`
  }
  const word = paint(style, state)(STATES[state])
  const rows: [string, string][] = [
    ['service', `${clean(answer.service)} of ${answer.manager}`],
    ['state', `${word}${pid === null ? '' : `, as process ${pid}`}`],
    ['file', clean(answer.file)],
    ...(installedFor === null
      ? []
      : ([
          ['runs', `mcp-watch ${clean(installedFor.version)} with ${clean(installedFor.node)}`],
        ] as [string, string][])),
    ...moreRows(answer),
  ]
  const lines = rows.map(([name, text]) => `  ${name.padEnd(8)} ${text}`)
  const troubles = problems.map(({ message }) => style.yellow(wrap(clean(message), columns, '  ')))
  const advice = adviceOf(answer).map((line) => `  ${line}`)
  return `${[...lines, ...troubles, ...advice, ''].join('\n')}${exact}`
}

/** Of the capture service; nothing where there is none. */
function exactText(
  { exact }: ServiceStatus,
  { style, columns }: Pick<Look, 'style' | 'columns'>,
): string {
  if (exact === null) return ''
  const word = paint(style, exact.state)(STATES[exact.state])
  const troubles = exact.problems.map(({ message }) =>
    style.yellow(wrap(clean(message), columns, '  ')),
  )
  const advice = troubles.length > 0 ? [`  "${exactCommand('install')}" mends that`] : []
  return [
    `  exact    ${clean(exact.service)} of systemd, ${word}`,
    ...troubles,
    ...advice,
    '',
  ].join('\n')
}

function adviceOf(answer: ServiceStatus): readonly string[] {
  if (answer.problems.some(({ code }) => code === 'no-record')) {
    return [`move the file away, then "${again(answer, 'install')}"`]
  }
  if (answer.problems.length > 0) return [`"${again(answer, 'install')}" mends that`]
  return answer.state === 'running' ? [] : [`"${again(answer, 'logs')}" may say why`]
}

function moreRows({
  startsByItself,
  restarts,
  trouble,
  lingers,
}: ServiceStatus): [string, string][] {
  const rows: [string, string][] = []
  if (startsByItself !== null) {
    const when = lingers === false ? 'at login' : 'by itself'
    rows.push(['starts', startsByItself ? when : 'only when asked to'])
  }
  if (restarts !== null && restarts > 0) rows.push(['restarts', String(restarts)])
  if (trouble !== null) rows.push(['ended', `last with "${clean(trouble)}"`])
  return rows
}

function paint(style: Style, state: ServiceStatus['state']): (text: string) => string {
  switch (state) {
    case 'running':
      return style.green
    case 'starting':
    case 'unknown':
      return style.yellow
    case 'stopped':
    case 'failed':
      return style.red
  }
}
