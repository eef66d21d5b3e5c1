/** What a user can do about a finding, step by step. Pure. */
import type { FindingDetail } from '../../shared/contract/finding-detail.ts'
import type { FindingKind } from '../../shared/model/judgement.ts'
import { settlingCommand } from '../../shared/text/settling-command.ts'
import { shellWord } from '../../shared/text/shell-word.ts'

type Steps = (facts: {
  readonly pid: number | null
  readonly attempted: boolean
}) => readonly string[]

const END = 'If you did not mean it to: switch the server off in its file and restart its client.'
const KEYS = 'Change the keys and tokens that the server was given: they may be known elsewhere.'
const LOOK = (pid: number | null): string =>
  pid === null
    ? 'See which processes it has, and what they run: mcp-watch explain SERVER.'
    : `See what the process is, while it lives: mcp-watch explain ${pid}.`

/** What was only attempted has taken nothing away. */
const REACHED: Steps = ({ pid, attempted }) => [LOOK(pid), END, ...(attempted ? [] : [KEYS])]
const NOTICED: Steps = ({ pid }) => [
  LOOK(pid),
  'If you know the destination, nothing has to be done.',
  END,
]

const BY_KIND: Readonly<Record<FindingKind, Steps>> = {
  'local-only-egress': REACHED,
  'undeclared-destination': REACHED,
  'metadata-service': ({ pid, attempted }) => [
    LOOK(pid),
    END,
    ...(attempted
      ? []
      : [
          'Change the credentials of this machine’s role: whoever asks that address is handed them.',
        ]),
  ],
  'exposed-listener': ({ pid }) => [
    LOOK(pid),
    'Have the server listen on 127.0.0.1 only, if it has an option for that.',
    'Or close the port in this machine’s firewall.',
  ],
  'install-time-egress': ({ pid, attempted }) => [
    LOOK(pid),
    'Find out which package’s install script it was, and what the package is.',
    ...(attempted ? [] : [KEYS]),
  ],
  'new-destination': NOTICED,
  'raw-socket': ({ pid }) => [
    LOOK(pid),
    'If it is ping or the like that you asked for, nothing has to be done.',
    'Else run the server without root and without CAP_NET_RAW: then it cannot make one.',
    END,
  ],
  'config-drift': () => [
    'See what became of it, in which file and when: mcp-watch history SERVER.',
    'If you, or a tool that you ran, changed it, nothing has to be done.',
    'If not: put the file right before the client starts again, and find out what wrote it.',
    'If it ran meanwhile, change the keys and tokens that it was given.',
  ],
  'unconfigured-server': ({ pid }) => [
    LOOK(pid),
    'See whether an extension, a plugin or the command line of its client brings it along.',
    'If you use it: declare it in the client’s file, so that changes of it are seen.',
    'If not: end it, and find out what started it.',
  ],
  'orphan-egress': ({ pid, attempted }) => [
    pid === null
      ? LOOK(pid)
      : `See what the process is: mcp-watch explain ${pid}; end it: kill ${pid}.`,
    'If it comes back without its client, find out what starts it.',
    ...(attempted ? [] : [KEYS]),
  ],
  'unreadable-server': ({ pid }) => [
    LOOK(pid),
    'Find out why the program does not let itself be looked into.',
    'If it must run so, run mcp-watch with more privileges.',
  ],
}

/** Sentences, most telling first; names in commands are written so that they can be pasted into a shell. */
export function adviceFor(detail: FindingDetail): readonly string[] {
  const { finding, server } = detail
  const word = shellWord(server.name) ?? server.id
  const steps = BY_KIND[finding.kind]({
    pid: finding.process?.pid ?? null,
    attempted: finding.attempted,
  })
  return [
    ...steps.map((step) => step.replace('SERVER', () => word)),
    `If you meant it: ${decision(detail) ?? `mcp-watch mute ${word} ${finding.kind}`}`,
    `All that it talked to: mcp-watch report --server ${word}`,
  ]
}

/** The command that settles the latest connection; one that only explains decides nothing. */
function decision({ connections, server }: FindingDetail): string | null {
  for (const connection of connections) {
    const command = settlingCommand(connection, server)
    if (command !== null && !command.startsWith('mcp-watch explain')) return command
  }
  return null
}
