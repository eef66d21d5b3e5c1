/** `mcp-watch explain` as text. */
import type { Explanation } from '../../shared/contract/explain.ts'
import type { Look } from './report.ts'
import { clean, plural, wrap } from './text.ts'
import { moment } from './time.ts'
import { IN_NO_FILE } from './words.ts'

type Instance = Explanation['instances'][number]
type Server = Explanation['servers'][number]
type Asked = NonNullable<Explanation['process']>

const INDENT = '  '

export function renderExplanation(answer: Explanation, look: Look): string {
  const { process, servers, instances, ruledOut, near } = answer
  const parts = [
    ...(process === null ? [] : [processPart(process, look)]),
    ...servers.map((server) => serverPart(server, look)),
    ...instances.map((instance) => instancePart(instance, answer, look)),
    ...(process === null && instances.length === 0 ? ['No running copy of it is known.'] : []),
    ...(ruledOut.length === 0 ? [] : [listPart('Why it is no server', ruledOut, look)]),
    ...(near.length === 0 ? [] : [nearPart(answer, look)]),
    sourceLine(answer, look),
  ]
  return `${parts.join('\n\n')}\n`
}

function processPart(process: Asked, { style, columns }: Look): string {
  const { pid, part, role, executable, script, client, parentPid, uid, startedAt } = process
  const what = process.package
  const version = what?.version ?? null
  const facts = [
    ...(executable === null ? [] : [`runs ${clean(executable)}`]),
    ...(script === null ? [] : [`script ${clean(script)}`]),
    ...(what === null
      ? []
      : [`of package ${clean(what.name)}${version ? ` ${clean(version)}` : ''}`]),
    ...(parentPid === null ? [] : [`child of ${parentPid}`]),
    ...(client === null ? [] : [`below the client ${clean(client.id)} (process ${client.pid})`]),
    ...(uid === null ? [] : [`user ${uid}`]),
    ...(startedAt === null ? [] : [`since ${moment(startedAt)}`]),
  ]
  return [
    `${style.bold(`Process ${pid}`)} ${PART_WORDS[part]}${role === null ? '' : `, as ${role}`}`,
    ...(facts.length === 0 ? [] : [wrap(facts.join(' · '), columns, INDENT)]),
  ].join('\n')
}

const PART_WORDS: Readonly<Record<Asked['part'], string>> = {
  member: 'belongs to an MCP server',
  client: 'is a client of MCP servers',
  starter: 'stands between a client and its server',
  stranger: 'belongs to no MCP server that is configured',
  gone: 'does not exist',
}

function serverPart(server: Server, { style, columns }: Look): string {
  const off = server.disabled ? ', switched off there' : ''
  const place =
    server.source === ''
      ? IN_NO_FILE
      : `declared in ${clean(server.source)}, ${clean(server.scope)}${off}`
  return [
    `${style.bold(clean(server.name))} (${clean(server.client)})`,
    wrap(place, columns, INDENT),
    wrap(clean(server.signature.message), columns, INDENT),
    ...(server.inClient ? [wrap(IN_CLIENT, columns, INDENT)] : []),
    style.dim(wrap(`id ${clean(server.id)}`, columns, INDENT)),
  ].join('\n')
}

const IN_CLIENT =
  'Its client runs it inside itself, by a Node of its own: unless it shows as a process, its connections cannot be told from the client’s.'

const MOST_PROCESSES = 30

function instancePart(instance: Instance, answer: Explanation, { style, columns }: Look): string {
  const { client, quality, reasons, processes } = instance
  const under = client === null ? '' : ` under ${clean(client.id)} (process ${client.pid})`
  const names = answer.servers
    .filter(({ id }) => instance.serverIds.includes(id))
    .map(({ name }) => clean(name))
  const others = instance.serverIds.length - names.length
  // Behind one address is one copy, which is each of theirs.
  const join = quality.code === 'listener' ? ' and ' : ' or '
  const candidates = [...names, ...(others > 0 ? [`${others} more`] : [])].join(join)
  const more = processes.length - MOST_PROCESSES
  return [
    `${style.bold(`Running copy of ${candidates}`)}${under}, since ${moment(instance.startedAt)}`,
    ...processes
      .slice(0, MOST_PROCESSES)
      .map(({ pid, role, executable, readable }) =>
        wrap(
          `${pid} ${role}${executable === null ? '' : ` ${clean(executable)}`}${readable ? '' : ' (cannot be looked into)'}`,
          columns,
          INDENT,
        ),
      ),
    ...(more > 0 ? [`${INDENT}and ${plural(more, 'more process', 'more processes')}`] : []),
    wrap(`${quality.code}: ${clean(quality.message)}`, columns, INDENT),
    ...reasons.map(({ code, message }) => wrap(`${code}: ${clean(message)}`, columns, '    ')),
    ...(instance.orphaned
      ? [style.yellow(wrap('Its client has ended, and it runs on.', columns, INDENT))]
      : []),
  ].join('\n')
}

function listPart(
  head: string,
  sentences: readonly { readonly message: string }[],
  { style, columns }: Look,
): string {
  const lines = sentences.map(({ message }) => wrap(clean(message), columns, INDENT))
  return [style.bold(head), ...lines].join('\n')
}

function nearPart({ near, process }: Explanation, { style, columns }: Look): string {
  const lines = near.map(({ server, client, pid, executable, message }) => {
    const who =
      process === null
        ? `process ${pid}${executable === null ? '' : ` (${clean(executable)})`}`
        : `${clean(server)} (${clean(client)})`
    return wrap(`${who}: ${clean(message)}`, columns, INDENT)
  })
  const head = process?.part === 'member' ? 'Ruled out' : 'What came near'
  return [style.bold(head), ...lines].join('\n')
}

function sourceLine({ source, at }: Explanation, { style, columns }: Look): string {
  const text =
    source === 'daemon'
      ? `As the running mcp-watch saw it at ${moment(at)}.`
      : `From one look at ${moment(at)}: a running mcp-watch also remembers what was before.`
  return style.dim(wrap(text, columns, ''))
}
