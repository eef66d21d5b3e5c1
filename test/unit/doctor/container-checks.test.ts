import { describe, expect, it } from 'vitest'
import { blindSpots } from '../../../daemon/doctor/blind-spots.ts'
import { checksOf } from '../../../daemon/doctor/checks.ts'
import type { Facts } from '../../../shared/contract/doctor.ts'
import { facts } from './facts.ts'

type Containers = NonNullable<Facts['containers']>
type State = Containers['engines'][number]['state']

const machine = (containers: Facts['containers'], configured = 0): Facts => {
  const { configurations } = facts()
  const servers = { ...configurations.servers, container: configured }
  return facts({ containers, configurations: { ...configurations, servers } })
}
const engine = (state: State): Containers['engines'][number] => ({
  engine: 'docker',
  place: '/run/d.sock',
  state,
})
const said = (all: Facts): string[] =>
  checksOf(all)
    .filter(({ area }) => area === 'containers')
    .map(({ status, message }) => `${status}: ${message}`)

describe('the checks of container engines', () => {
  it('say nothing where there is none, and nobody wants one', () => {
    expect(said(machine(null, 1))).toEqual([])
    expect(said(machine({ engines: [], running: 0, here: 0 }))).toEqual([])
  })

  it.each<[State, number, RegExp]>([
    ['answers', 1, /^ok: docker answers at \/run\/d\.sock$/],
    ['denied', 1, /^note: docker at \/run\/d\.sock, if it is there, may not be asked/],
    ['silent', 0, /^note: something has the socket/],
    ['silent', 1, /^warning: something has the socket/],
    ['elsewhere', 1, /^note: docker at \/run\/d\.sock runs its containers elsewhere/],
  ])('tell of one that is %s', (state, configured, words) => {
    const [first] = said(machine({ engines: [engine(state)], running: 0, here: 0 }, configured))
    expect(first).toMatch(words)
  })

  it('say of a host over a network that it is not asked, and nothing of where its containers run', () => {
    const overTcp = { ...engine('elsewhere'), place: 'tcp://' }
    const [first] = said(machine({ engines: [overTcp], running: 0, here: 0 }, 1))
    expect(first).toBe(
      'note: a host that begins with tcp:// is named for docker: it is never connected to, and its containers are not known',
    )
  })

  it('count the containers that are here', () => {
    const engines = [engine('answers')]
    expect(said(machine({ engines, running: 2, here: 2 }))).toContain('ok: 2 containers run here')
    expect(said(machine({ engines, running: 2, here: 1 }))).toContain(
      'note: 2 containers run, 1 of them under this kernel',
    )
  })

  it('say that nobody tells where configured containers are', () => {
    const alone = expect.stringMatching(/^note: 1 server is configured to run in a container/)
    expect(said(machine({ engines: [], running: 0, here: 0 }, 1))).toContainEqual(alone)
    // By their monitors.
    expect(said(machine({ engines: [], running: 1, here: 1 }, 1))).not.toContainEqual(alone)
    const engines = [engine('answers')]
    expect(said(machine({ engines, running: 0, here: 0 }, 1))).not.toContainEqual(alone)
  })
})

describe('servers in containers', () => {
  it.each<[readonly State[], boolean]>([
    [[], true],
    [['answers'], false],
    [['answers', 'denied'], true],
    [['elsewhere'], true],
  ])('of engines that are %j: not seen is %s', (states, isBlind) => {
    const containers = { engines: states.map(engine), running: 0, here: 0 }
    const codes = blindSpots(machine(containers, 1)).map(({ code }) => code)
    expect(codes.includes('container-servers')).toBe(isBlind)
    expect(blindSpots(machine(containers)).map(({ code }) => code)).not.toContain(
      'container-servers',
    )
  })
})
