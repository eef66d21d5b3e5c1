/** A policy that lists hosts, judged on a real server in a lab whose nameserver knows them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DestinationJson } from '../../shared/contract/common.ts'
import type { Report } from '../../shared/contract/report.ts'
import { configure, startClient } from '../helpers/clients.ts'
import { type Lab, labObstacle, startLab } from '../helpers/lab.ts'
import { prepareRogue, type Rogue } from '../helpers/rogue.ts'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { readReport, startWatcher, type Watcher } from '../helpers/watcher.ts'

const obstacle = labObstacle()
const HOST = 'api.example.com'

describe.skipIf(obstacle !== null)(`a policy${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let home: TempHome
  let lab: Lab
  let rogue: Rogue
  let watcher: Watcher

  const decide = (expect: readonly string[], resolve = true): void => {
    const servers = [{ match: { name: 'api' }, expect }]
    const policy = { version: 1, servers, names: { resolve } }
    home.write('.config/mcp-watch/policy.jsonc', JSON.stringify(policy))
  }
  const connect = (port: number): Promise<unknown> =>
    rogue.order(lab, { act: 'tcp', host: lab.outside.host, port, holdMs: null })
  const destinationWith = (
    port: number,
    what: string,
    fits: (to: DestinationJson, from: Report) => boolean,
  ): Promise<DestinationJson> =>
    waitFor(
      async () => {
        const report = await readReport(lab, home)
        const all = report.servers.flatMap(({ destinations }) => destinations)
        return all.find((to) => to.port === port && fits(to, report)) ?? null
      },
      { what, deadlineMs: 20_000, everyMs: 500 },
    )

  beforeAll(async () => {
    home = tempHome()
    lab = await startLab()
    rogue = prepareRogue(home, 'api')
    configure(home, 'cursor', { api: { command: 'node', args: [rogue.script] } })
    decide([`${HOST}:443`])
    watcher = await startWatcher(lab, home)
    const client = await startClient(lab, home, 'cursor')
    await client.ready(60_000)
  })

  afterAll(async () => {
    await lab?.stop()
    home?.remove()
  })

  it('expects the listed host by its name, and accuses of another port of it', async () => {
    await connect(443)
    const api = await destinationWith(443, 'the host', ({ verdict }) => verdict === 'expected')
    expect(api).toMatchObject({
      reason: 'declared',
      names: [{ name: HOST, source: 'expected-host' }],
    })
    const { first } = lab.outside.ports
    await connect(first)
    const { event } = await watcher.event('finding', ({ finding }) => finding.server === 'api', {
      what: 'the finding',
      deadlineMs: 10_000,
    })
    expect(event.finding).toMatchObject({
      kind: 'undeclared-destination',
      severity: 'high',
      destination: { address: lab.outside.host, port: first },
    })
    expect(event.finding.explanation).toContain(`mcp-watch allow api ${HOST}:${first}`)
  })

  it('goes by a changed policy at once, and says what it cannot know without names', async () => {
    const port = lab.outside.ports.first + 1
    decide(['other.example.com'], false)
    await waitFor(
      async () => (await readReport(lab, home)).servers[0]?.rules[0] === 'other.example.com',
      { what: 'the new rule', deadlineMs: 10_000, everyMs: 300 },
    )
    await connect(port)
    const unknown = await destinationWith(port, 'the connection', () => true)
    expect(unknown).toMatchObject({ verdict: 'unknown', reason: 'name-lookup-off' })
  })

  it('keeps the last good policy when the file goes bad, and says where it is wrong', async () => {
    home.write('.config/mcp-watch/policy.jsonc', '{ "version": 1,\n  "servers": [ { ]\n}')
    const { event } = await watcher.event('diagnostic', ({ client }) => client === 'policy', {
      what: 'the diagnostic',
      deadlineMs: 10_000,
    })
    expect(event.line).toBe(2)
    const [server] = (await readReport(lab, home)).servers
    expect(server).toMatchObject({ expectation: 'rules', expectationSource: 'policy' })
  })
})
