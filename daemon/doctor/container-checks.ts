/** What is made of the container engines of this machine: which answer, and what that means for servers in containers. Pure. */
import type { Facts } from '../../shared/contract/doctor.ts'
import { count, note, ok, type Say, warning } from './say.ts'

type Engine = NonNullable<Facts['containers']>['engines'][number]

/** Nothing is said where nobody has an engine. */
export function containerChecks({ containers, configurations }: Facts): Say[] {
  if (containers === null) return []
  const { engines, running, here } = containers
  const wanted = configurations.servers.container
  const said = engines.map((engine) => engineCheck(engine, wanted))
  if (running > 0) {
    const all = `${count(running, 'container runs', 'containers run')}`
    said.push(
      here === running ? ok(`${all} here`) : note(`${all}, ${here} of them under this kernel`),
    )
  }
  if (wanted > 0 && here === 0 && !engines.some(({ state }) => state === 'answers')) {
    said.push(
      note(
        `${count(wanted, 'server is', 'servers are')} configured to run in a container, and no engine tells where`,
        'containers of Podman are found by their monitors; those of Docker are not found without its socket',
      ),
    )
  }
  return said
}

function engineCheck({ engine, place, state }: Engine, wanted: number): Say {
  if (isOverNetwork(place)) {
    return note(
      `a host that begins with ${place} is named for ${engine}: it is never connected to, and its containers are not known`,
      'engines that have a socket on this machine are asked all the same',
    )
  }
  switch (state) {
    case 'answers':
      return ok(`${engine} answers at ${place}`)
    case 'denied':
      return note(
        `${engine} at ${place}, if it is there, may not be asked by this user`,
        'who may use the socket of an engine that runs as root can become root by it',
      )
    case 'silent': {
      const message = `something has the socket ${place}, but does not answer as ${engine} does`
      return wanted > 0 ? warning(message, `see what "${engine} ps" says`) : note(message)
    }
    case 'elsewhere':
      return note(
        `${engine} at ${place} runs its containers elsewhere: in a virtual machine or on another machine`,
        'what they connect to cannot be seen from here',
      )
  }
}

/** Of such an engine only how it is reached is told, and not where. */
function isOverNetwork(place: string): boolean {
  return place.endsWith('://')
}
