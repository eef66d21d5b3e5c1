import { describe, expect, it } from 'vitest'
import { reachableHere } from '../../../daemon/tick/reachable.ts'
import type { Container } from '../../../shared/model/container.ts'
import { end, keyOf, makeInstance, makeProcess, NETNS } from '../connections/build.ts'

const root = makeProcess(20, 1)
const plain = makeInstance('a', [[root, 'server']])
const contained = { ...plain, container: { id: 'c'.repeat(12), name: 'web', image: 'web' } }
const container = {
  id: 'c'.repeat(64),
  published: [{ hostPort: 8080, port: 80, address: '192.168.1.5' }],
} as unknown as Container

const listening = (netns: string, local = '0.0.0.0:80') => ({
  instance: plain.id,
  owner: { process: keyOf(20), pid: 20, role: 'server' as const, executable: null },
  inherited: false,
  local: end(local),
  netns,
})
const ask = (
  netns: string,
  more: Partial<Parameters<typeof reachableHere>[1]> = {},
  local?: string,
) =>
  reachableHere([listening(netns, local)], {
    ownNetns: NETNS,
    instances: [plain],
    containers: [container],
    ...more,
  }).map((one) => [one.local.address, one.local.port, one.inside])

describe('a listener is reachable through this machine', () => {
  it('as it is, in our own network', () => {
    expect(ask(NETNS)).toEqual([['0.0.0.0', 80, undefined]])
    expect(ask('host', { ownNetns: null })).toEqual([['0.0.0.0', 80, undefined]])
  })

  it('not at all from a network of its own', () => {
    expect(ask('net:[2]')).toEqual([])
  })

  it('from a container as its port is published, if it is', () => {
    const instances = [contained]
    expect(ask('net:[2]', { instances })).toEqual([['192.168.1.5', 8080, 80]])
    expect(ask('container:cccccccccccc', { instances })).toEqual([['192.168.1.5', 8080, 80]])
    expect(ask('net:[2]', { instances }, '0.0.0.0:81')).toEqual([])
    expect(ask('net:[2]', { instances, containers: [] })).toEqual([])
    const everywhere = { ...container, published: [{ hostPort: 8080, port: 80 }] }
    expect(ask('net:[2]', { instances, containers: [everywhere] })).toEqual([['0.0.0.0', 8080, 80]])
  })
})
