/** The list in docs/clients.md is written from the table: run with `--update` writes it anew. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { declaresServers } from '../../../shared/clients/paths.ts'
import type { ClientRow, ConfigFile } from '../../../shared/clients/row.ts'
import { NAMED_CLIENTS } from '../../../shared/clients/table.ts'

const PAGE = join(import.meta.dirname, '../../../docs/clients.md')
const FROM = /(<!-- from here[^\n]*-->\n)[\s\S]*(<!-- to here -->)/

it('docs/clients.md lists what the table has', async () => {
  const page = readFileSync(PAGE, 'utf8')
  expect(page).toMatch(FROM)
  const text = page.replace(FROM, (_, start: string, end: string) => `${start}\n${list()}\n${end}`)
  await expect(text).toMatchFileSnapshot(PAGE)
})

function list(): string {
  const rows = NAMED_CLIENTS.map(
    (client) => `| ${client.name} | ${own(client)} | ${inProjects(client)} |`,
  )
  return [
    '| client | in the home or the system | in a project |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function own(client: ClientRow): string {
  const files = client.files.filter(declaresServers)
  return cell([
    ...files.map((file) => [place(file), note(file)] as const),
    ...(client.pluginFiles ?? []).map(({ path }) => [`<plugin>/${path}`, ''] as const),
  ])
}

function inProjects({ projectFiles }: ClientRow): string {
  return cell(projectFiles.filter(declaresServers).map(({ path }) => [path, ''] as const))
}

function cell(places: readonly (readonly [path: string, note: string])[]): string {
  return [...new Set(places.map(([, noted]) => noted))]
    .flatMap((noted) => {
      const same = places.filter(([, other]) => other === noted).map(([path]) => path)
      return merged([...new Set(same)]).map((path) => `\`${path}\`${noted}`)
    })
    .join('<br>')
}

function place({ base, path }: ConfigFile): string {
  if (base === 'home') return `~/${path}`
  if (base === 'root') return `/${path}`
  if (base === 'user-data') return `<data>/${path}`
  if ('fileEnv' in base) return `$${base.fileEnv}`
  if (base.otherwise === null) return `$${base.env}/${path}`
  return base.otherwise === '' ? `~/${path}` : `~/${base.otherwise}/${path}`
}

function note({ base, platforms }: ConfigFile): string {
  const variable =
    typeof base === 'string' || 'fileEnv' in base || base.otherwise === null
      ? []
      : [`\`${base.env}\``]
  const system = platforms === undefined ? [] : [platforms[0] === 'darwin' ? 'macOS' : 'Linux']
  const notes = [...system, ...variable]
  return notes.length === 0 ? '' : ` (${notes.join(', ')})`
}

/** Places that differ in one segment only become one. */
function merged(places: readonly string[]): string[] {
  const [first, ...rest] = places
  if (first === undefined) return []
  const segments = first.split('/')
  for (const [at] of segments.entries()) {
    const same = rest.filter((other) => differAt(other.split('/'), segments, at))
    if (same.length === 0) continue
    const names = [first, ...same].map((other) => other.split('/')[at] ?? '')
    const one = segments.with(at, `{${names.join(',')}}`).join('/')
    return [one, ...merged(rest.filter((other) => !same.includes(other)))]
  }
  return [first, ...merged(rest)]
}

function differAt(a: readonly string[], b: readonly string[], at: number): boolean {
  return a.length === b.length && a.every((segment, index) => index === at || segment === b[index])
}
