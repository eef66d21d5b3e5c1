/** What cannot be seen on this machine, as a closed list with a sentence each. Pure. */
import type { BlindSpot, Doctor, Facts } from '../../shared/contract/doctor.ts'
import { BLIND_SPOTS } from '../../shared/contract/doctor.ts'

export const BLIND_SPOT_SENTENCES: Readonly<Record<BlindSpot, string>> = {
  contents: 'What is sent: only who talks to which address is seen, never what is said.',
  'between-looks':
    'Connections that open and close between two looks: shorter ones than the interval can be missed.',
  'unconnected-udp': 'Where a UDP socket without a fixed destination sends to.',
  'other-users': 'Servers that run as another user: without root their descriptors cannot be read.',
  'hidden-processes':
    'Processes of other users: /proc is mounted with hidepid, so they do not even show.',
  'unknown-clients':
    'Servers of clients that mcp-watch does not know, or of configuration files that are kept elsewhere.',
  'inside-clients': 'Servers that a client runs inside its own process: they are part of it.',
  'remote-servers':
    'What remote servers do: they run elsewhere, and only their client’s connection to them is on this machine.',
  'container-servers':
    'Servers in containers of an engine that does not answer here, or that runs them elsewhere: only the command that asked for one is seen.',
  'virtual-machine':
    'Containers on macOS run in a virtual machine, whose connections all look like its own.',
  'outside-container':
    'Processes outside of this container: mcp-watch sees only what the container does.',
  'windows-clients':
    'Clients on the Windows side, and the servers that they start there: this is a Linux of its own inside Windows.',
}

export function blindSpots(facts: Facts): Doctor['cannotSee'] {
  const here = new Set<BlindSpot>(['contents', 'unknown-clients', 'inside-clients'])
  const { system, user, configurations, program, engine } = facts
  const { remote, container } = configurations.servers
  if (engine.intervalMs !== null) here.add('between-looks').add('unconnected-udp')
  if (user.uid !== 0) here.add('other-users')
  if (user.uid !== 0 && system.hiddenProcesses) here.add('hidden-processes')
  if (remote > 0) here.add('remote-servers')
  if (container > 0 && !allAnswer(facts)) here.add('container-servers')
  if (container > 0 && program.platform === 'darwin') here.add('virtual-machine')
  if (system.container !== null) here.add('outside-container')
  if (system.wsl) here.add('windows-clients')
  return BLIND_SPOTS.filter((code) => here.has(code)).map((code) => ({
    code,
    message: BLIND_SPOT_SENTENCES[code],
  }))
}

function allAnswer({ containers }: Facts): boolean {
  const engines = containers?.engines ?? []
  return engines.length > 0 && engines.every(({ state }) => state === 'answers')
}
