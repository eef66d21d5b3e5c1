import { describe, expect, it } from 'vitest'
import { createEventLog } from '../../../daemon/view/event-log.ts'
import { eventSchema, type WatchEvent } from '../../../shared/contract/answers.ts'
import { row } from '../connections/build.ts'
import { bench, client } from '../pipeline/bench.ts'

const OUT = row('192.168.1.5:40000', '203.0.113.9:443', [20])

async function eventsOf(run: ReturnType<typeof bench>): Promise<WatchEvent[]> {
  const events: WatchEvent[] = []
  const log = createEventLog([], (event) => events.push(event))
  await run.sample([OUT])
  await run.sample([OUT])
  await run.sample([], [client])
  for (const view of run.views) log.tick(view)
  return events
}

describe('the event lines', () => {
  it('tell a life once, in order, each as the contract says', async () => {
    const events = await eventsOf(bench())
    expect(events.map(({ event }) => event)).toEqual([
      'configuration',
      'instance-started',
      'connection-opened',
      'finding',
      'connection-closed',
      'instance-ended',
    ])
    for (const event of events) expect(eventSchema.parse(event)).toEqual(event)
  })

  it('do not repeat a finding that an earlier run has told', async () => {
    const run = bench()
    await run.sample([OUT])
    const told: WatchEvent[] = []
    const [view] = run.views
    if (view === undefined) throw new Error('no tick')
    createEventLog(view.result.findings, (event) => told.push(event)).tick(view)
    expect(told.some(({ event }) => event === 'finding')).toBe(false)
  })

  it('tell once what is wrong with a file, while it lasts', async () => {
    const run = bench()
    await run.sample([])
    const [view] = run.views
    if (view === undefined) throw new Error('no tick')
    const told: string[] = []
    const log = createEventLog([], (event) => {
      if (event.event === 'diagnostic') told.push(event.file)
    })
    const broken = (...files: string[]): typeof view => {
      const diagnostics = files.map((file) => {
        return { client: 'cursor' as const, file, line: 1, column: 1, message: 'not valid JSON' }
      })
      return { ...view, result: { ...view.result, diagnostics } }
    }
    log.tick(broken('/a'))
    log.tick({ ...view, result: { ...view.result, diagnostics: null } })
    log.tick(broken('/a', '/b'))
    log.tick(broken('/b'))
    log.tick(broken('/a', '/b'))
    expect(told).toEqual(['/a', '/b', '/a'])
  })

  it('list the known clients when nothing is configured', () => {
    const told: WatchEvent[] = []
    const log = createEventLog([], (event) => told.push(event))
    log.started(
      { servers: [], files: [], diagnostics: [], changedAt: new Map() },
      'ss',
      '2026-01-01T00:00:00.000Z',
    )
    const [started] = told
    expect(eventSchema.parse(started)).toMatchObject({ event: 'started', engine: 'ss' })
    expect(started?.event === 'started' && started.clients).toContain('Cursor')
  })
})
