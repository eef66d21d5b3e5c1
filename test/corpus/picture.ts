/** A process table drawn as a tree, with what each process was taken for and what it is. For messages of failed tests. */
import type { Process } from '../../shared/model/process.ts'
import type { CorpusCase } from './case.ts'
import type { Replay } from './replay.ts'
import { expectedOwners, namesOf } from './verdict.ts'

const MAX_LINE = 100

export function pictureOf(one: Pick<CorpusCase, 'about' | 'expected'>, replay: Replay): string {
  const owners = expectedOwners(one.expected, replay)
  const { processes } = replay.table
  const isAbove = (parent: Process | undefined, process: Process): boolean =>
    parent !== undefined && parent !== process && parent.startTicks <= process.startTicks
  const lines: string[] = []
  const draw = (process: Process, depth: number): void => {
    const { pid, argv, executable } = process
    const text = argv.join(' ').slice(0, MAX_LINE)
    lines.push(`${'  '.repeat(depth)}${pid} ${text || (executable ?? '')}${taken(pid, replay)}`)
    const owner = owners.get(pid)
    if (owner !== undefined && owner.root === pid)
      lines.push(`${'  '.repeat(depth)}  ← ${owner.servers.join(', ')} of ${owner.client}`)
    for (const child of processes.values())
      if (child.ppid === pid && isAbove(process, child)) draw(child, depth + 1)
  }
  for (const process of processes.values())
    if (!isAbove(processes.get(process.ppid), process)) draw(process, 0)
  const declared = replay.discovery.servers.map(({ client, name }) => `${client}:${name}`)
  const problems = replay.discovery.diagnostics.map(({ file, message }) => `${file} ${message}`)
  return [one.about, `configured: ${declared.join(', ')}`, ...problems, ...lines].join('\n')
}

function taken(pid: number, replay: Replay): string {
  for (const instance of replay.instances)
    for (const { process, role } of instance.members)
      if (process.pid === pid) {
        const names = instance.unconfigured?.name ?? namesOf(instance, replay).join(', ')
        const why =
          pid === instance.rootPid ? ` ${instance.quality}: ${instance.reasons.join(', ')}` : ''
        return `   [${names} ${role}${why}]`
      }
  return ''
}
