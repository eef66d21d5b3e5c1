/** `mcp-watch doctor` as text: a sentence for everything that was looked at, the troubles marked. */
import type { Check, Doctor } from '../../shared/contract/doctor.ts'
import type { Look } from './report.ts'
import type { Style } from './style.ts'
import { clean, plural, wrap } from './text.ts'

const INDENT = '           '

/** `verbose`: with the files that were read and the places where none was. */
export function renderDoctor(doctor: Doctor, look: Look, verbose: boolean): string {
  const { style } = look
  const areas = new Map<Check['area'], Check[]>()
  for (const check of doctor.checks) {
    const known = areas.get(check.area)
    if (known === undefined) areas.set(check.area, [check])
    else known.push(check)
  }
  return `${[
    `${style.bold('mcp-watch')} ${clean(doctor.program.version)}`,
    ...[...areas].map(([area, checks]) =>
      [style.bold(TITLES[area]), ...checks.map((check) => checkLines(check, look))].join('\n'),
    ),
    ...(verbose ? [places(doctor, look)] : []),
    [
      style.bold('What cannot be seen on this machine'),
      ...doctor.cannotSee.map(({ message }) => wrap(clean(message), look.columns, '  ')),
    ].join('\n'),
    summary(doctor, style),
  ].join('\n\n')}\n`
}

const TITLES: Readonly<Record<Check['area'], string>> = {
  daemon: 'Daemon',
  service: 'Service',
  engine: 'Looking at sockets',
  containers: 'Container engines',
  permissions: 'Permissions',
  system: 'System',
  configuration: 'Configuration files',
  notification: 'Notifications',
  state: 'State folder',
  database: 'Database',
  lock: 'Lock',
  log: 'Log',
  clock: 'Clock',
}

function checkLines({ status, message, hint }: Check, { style, columns }: Look): string {
  const word = paintOf(style, status)(status.padEnd(INDENT.length - 3))
  const text = wrap(clean(message), columns, INDENT).slice(INDENT.length)
  const advice = hint === null ? [] : [style.dim(wrap(clean(hint), columns, `${INDENT}  `))]
  return [`  ${word} ${text}`, ...advice].join('\n')
}

function paintOf(style: Style, status: Check['status']): (text: string) => string {
  switch (status) {
    case 'ok':
      return style.green
    case 'note':
      return style.dim
    case 'warning':
      return style.yellow
    case 'blocked':
      return style.red
  }
}

function places({ configurations }: Doctor, { style }: Look): string {
  const { read, absent, projectFiles, running } = configurations
  // Of the clients that nothing speaks for, the list would be longer than all the rest.
  const here = new Set([...read, ...running].map(({ client }) => client))
  const others = absent.filter(({ client }) => !here.has(client))
  const clients = new Set(others.map(({ client }) => client)).size
  return [
    style.bold('Files'),
    ...read.map(
      ({ client, file, servers }) =>
        `  read    ${clean(file)} (${clean(client)}, ${plural(servers, 'server')})`,
    ),
    ...absent
      .filter(({ client }) => here.has(client))
      .map(({ client, path }) => style.dim(`  absent  ${clean(path)} (${clean(client)})`)),
    ...(others.length === 0
      ? []
      : [
          style.dim(
            `  absent  all ${others.length} places of ${plural(clients, 'other client')} (--json lists them)`,
          ),
        ]),
    style.dim(`  in each project folder  ${plural(projectFiles.length, 'more place')}`),
  ].join('\n')
}

function summary({ possible, checks }: Doctor, style: Style): string {
  const warnings = checks.filter(({ status }) => status === 'warning').length
  if (!possible)
    return style.red('Watching is not possible until what is marked "blocked" is mended.')
  if (warnings === 0) return style.green('Nothing stands in the way of watching.')
  return style.yellow(`Watching is possible; ${plural(warnings, 'thing')} should be looked at.`)
}
