/** Remote entries in the pipeline: who is watched for them, what is asked of the host book, what comes of rows. */
import { expect, it } from 'vitest'
import { DEFAULT_POLICY } from '../../../shared/model/policy.ts'
import { makeProcess, row } from '../connections/build.ts'
import { makeServer } from '../judge/build.ts'
import { bench, client, memoryProcess, memoryServer } from './bench.ts'

const API = '203.0.113.10'
const remote = makeServer('remote', {
  transport: 'http',
  endpoint: { scheme: 'https', host: 'api.test', port: 443 },
})
const helper = makeProcess(11, 10, { executable: '/opt/helper' })
const kinds = (one: ReturnType<typeof bench>) => one.watched().map(({ pid, kind }) => [pid, kind])

it('watches a client and looks a host up only for a remote entry, while the client runs', async () => {
  const one = bench()
  await one.sample([], [client, memoryProcess, helper])
  expect(kinds(one)).toEqual([
    [20, 'member'],
    [10, 'ancestor'],
  ])
  one.configure([memoryServer, remote])
  await one.sample([], [client, memoryProcess, helper])
  expect(kinds(one)).toEqual([
    [20, 'member'],
    [10, 'client'],
    [11, 'client'],
  ])
  expect(one.wanted.at(-1)).toContain('api.test')
  await one.sample([], [])
  expect([one.watched(), one.wanted.at(-1)]).toEqual([[], []])
})

it('counts what goes there, makes no connection of it, and accuses nobody', async () => {
  const one = bench()
  one.configure([memoryServer, remote])
  const rows = [
    row('192.168.1.5:4000', `${API}:443`, [10]),
    row('192.168.1.5:4001', '198.51.100.7:443', [11]),
  ]
  const { result, open } = await one.sample(rows, [client, memoryProcess, helper])
  expect(result.reached?.contacts).toMatchObject([{ serverId: 'remote', address: API, open: 1 }])
  expect([open, result.opened, result.findings, result.learned.length]).toEqual([[], [], [], 1])
  expect(JSON.stringify(result)).not.toContain('198.51.100.7')
  const later = await one.sample(rows, [client, memoryProcess, helper])
  expect(later.result.reached).toBeNull()
  const over = await one.sample([], [client, memoryProcess, helper])
  expect(over.result.reached?.contacts).toMatchObject([{ open: 0, connections: 0 }])
})

it('counts nothing to an address of this machine, as soon and as long as it is one', async () => {
  const one = bench()
  const endpoint = { scheme: 'http', host: API, port: 443 } as const
  one.configure([memoryServer, makeServer('remote', { transport: 'http', endpoint })])
  const rows = [row('192.168.1.5:4000', `${API}:443`, [10])]
  const contacts = async () => (await one.sample(rows)).result.reached?.contacts
  one.readdress(['192.168.1.5', API])
  expect([await contacts(), kinds(one)[1]]).toEqual([[], [10, 'ancestor']])
  one.readdress(['192.168.1.5'])
  expect(await contacts()).toMatchObject([{ connections: 1, open: 1 }])
  expect(kinds(one)[1]).toEqual([10, 'client'])
  one.readdress(['192.168.1.5', API])
  await contacts()
  expect(kinds(one)[1]).toEqual([10, 'ancestor'])
})

it('gives no server the name of a host that only a remote entry has', async () => {
  const one = bench()
  one.configure([memoryServer, remote])
  const { open } = await one.sample([row('192.168.1.5:4000', `${API}:443`, [20])])
  expect(open).toMatchObject([{ serverId: 'memory', names: [] }])
})

it('asks for no name where the user wants none to be, and says so', async () => {
  const one = bench()
  one.configure([memoryServer, remote])
  one.decide({ policy: { ...DEFAULT_POLICY, resolveNames: false }, diagnostics: [] })
  const { result } = await one.sample([row('192.168.1.5:4000', `${API}:443`, [10])])
  expect(one.wanted.flat()).toEqual([])
  expect(result.reached?.contacts).toEqual([])
  expect(result.coverage.notObserved).toEqual([
    { serverId: 'remote', reason: 'remote-transport' },
    { serverId: 'remote', reason: 'name-lookup-off' },
  ])
})
