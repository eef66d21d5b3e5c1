/** When container engines are asked, and who waits for an answer of theirs. */
import { describe, expect, it } from 'vitest'
import type { Waiting } from '../../../daemon/match/match.ts'
import {
  createContainerWishes,
  inVain,
  mayRunInContainers,
  waitingSince,
} from '../../../daemon/tick/containers.ts'
import { notObserved, type Uncontained } from '../../../daemon/tick/not-observed.ts'
import type { Instance } from '../../../shared/model/attribution.ts'
import type { InstanceId, ServerId } from '../../../shared/model/ids.ts'
import { server } from '../match/world.ts'

const FETCH = server('fetch', ['docker', 'run', '-i', 'mcp/fetch'])
const WAITING: Waiting = { instance: 'i1' as InstanceId, engine: 'docker' }
const OTHER: Waiting = { instance: 'i2' as InstanceId, engine: 'podman' }

describe('engines are asked', () => {
  const at = (host: string) => ({
    ...server('x', ['x']),
    transport: 'http' as const,
    launch: null,
    endpoint: { scheme: 'http', host, port: 8000 },
  })

  it.each([
    ['docker run', FETCH, true],
    ['sh -c', server('x', ['sh', '-c', 'exec podman run -i x']), true],
    ['the gateway', server('x', ['docker', 'mcp', 'gateway', 'run']), true],
    ['another of its words', server('x', ['docker', 'mcp', 'catalog', 'ls']), false],
    ['ToolHive under any name', server('x', ['/opt/bin/thv', 'proxy', 'x']), true],
    ['ToolHive', server('x', ['thv', 'start', 'x'], { client: 'toolhive' }), true],
    ['an address of this machine', at('localhost'), true],
    ['another address', at('mcp.example.com'), false],
    ['npx', server('x', ['npx', '-y', 'x']), false],
    ['docker exec', server('x', ['docker', 'exec', '-i', 'x', 'y']), true],
    ['docker ps', server('x', ['docker', 'ps']), false],
  ])('about an entry with %s: %#', (_, entry, may) => {
    expect(mayRunInContainers([server('y', ['uvx', 'y']), entry])).toBe(may)
  })

  it('while somebody may run in one, and again when one more waits', () => {
    const told: string[] = []
    const wishes = createContainerWishes({
      want: (wanted, missing) => told.push(`${wanted} ${missing}`),
    })
    const servers = [FETCH]
    wishes.tell([server('x', ['npx', 'x'])], [])
    wishes.tell(servers, [WAITING])
    wishes.tell(servers, [WAITING])
    wishes.tell(servers, [WAITING, OTHER])
    wishes.tell(servers, [])
    wishes.tell([], [OTHER])
    expect(told).toEqual([
      'false false',
      'true true',
      'true true',
      'true false',
      'true true',
      'true false',
      'true true',
    ])
  })
})

describe('a command without container', () => {
  it('has waited since it was first seen so, and in vain after some time', () => {
    const first = waitingSince([], [WAITING], 1000)
    const next = waitingSince(first, [WAITING, OTHER], 6000)
    expect(next.map(({ since }) => since)).toEqual([1000, 6000])
    expect(inVain(next, 6000).map(({ instance }) => instance)).toEqual([WAITING.instance])
    expect(inVain(next, 6000, 0)).toHaveLength(2)
    expect(inVain(waitingSince(next, [], 7000), 99_000)).toEqual([])
  })
})

describe('a container that is not found', () => {
  const instance = { id: WAITING.instance, serverIds: [FETCH.id] } as Partial<Instance> as Instance
  const merged = { notObserved: [], hidden: new Set<ServerId>() }
  const look = (asked: Uncontained) =>
    notObserved([FETCH], [instance], new Set(), merged, new Map(), asked)
  const engine = { engine: 'docker', place: '/run/docker.sock' } as const

  it('is told, for its silence means nothing', () => {
    expect(look({ waiting: [WAITING], engines: [{ ...engine, state: 'denied' }] })).toEqual([
      { serverId: FETCH.id, reason: 'container-not-found' },
    ])
    expect(look({ waiting: [WAITING], engines: [{ ...engine, state: 'elsewhere' }] })).toEqual([
      { serverId: FETCH.id, reason: 'container-elsewhere' },
    ])
    const engines = [
      { ...engine, state: 'elsewhere' },
      { ...engine, state: 'answers' },
    ] as const
    expect(look({ waiting: [WAITING], engines })).toMatchObject([{ reason: 'container-not-found' }])
    expect(look({ waiting: [], engines: [] })).toEqual([])
  })
})
