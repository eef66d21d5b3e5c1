import { describe, expect, it } from 'vitest'
import { renderServer, renderServerList } from '../../../cli/render/servers.ts'
import { createStyle } from '../../../cli/render/style.ts'
import type { ReachedJson } from '../../../shared/contract/common.ts'
import { minutesAgo, nowMs, server } from './sample.ts'

const style = createStyle(false)
const reached: ReachedJson = {
  connections: 3,
  open: 1,
  firstSeen: minutesAgo(5),
  lastSeen: minutesAgo(1),
  addresses: ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4', '203.0.113.5'],
  shared: [],
}
const remote = (over: Parameters<typeof server>[0] = {}) =>
  server({
    name: 'far',
    transport: 'http',
    state: 'remote',
    package: null,
    instances: [],
    reached,
    ...over,
  })
const one = (over: Parameters<typeof server>[0] = {}) =>
  renderServer(remote(over), style, null, nowMs)

describe('a remote server', () => {
  it('is shown with what its client was seen to do', () => {
    expect(one()).toContain('3 connections of cursor since ')
    expect(one()).toContain(
      ', 1 open now, to 203.0.113.1, 203.0.113.2, 203.0.113.3, 203.0.113.4 and 1 more',
    )
    expect(one({ reached: { ...reached, open: 0 } })).toContain(', last seen ')
    const shared = [{ serverId: 'x', server: 'tw\u001b[2Jin', client: 'cursor' }]
    const text = one({ reached: { ...reached, shared } })
    expect(text).toMatch(/the same address is that of tw.*in, so each may be to that one/)
    expect(text).not.toContain('\u001b')
  })

  it('is not said to be reached by nobody, only that nothing was counted', () => {
    expect(one({ reached: null })).toContain('no connection of its client to it was counted')
    expect(one({ reached: null, transport: 'stdio', state: 'running' })).not.toContain('counted')
  })

  it('has a line below the list', () => {
    const list = renderServerList([remote(), server({})], style, null)
    expect(list).toMatch(/^far: 3 connections of cursor since /m)
    expect(renderServerList([server({})], style, null)).not.toContain('connections of')
  })
})

it('a bridge is shown with the host of its entry, and that it says so', () => {
  const over = { expectation: 'rules', expectationSource: 'configuration' } as const
  const bridge = server({ ...over, rules: ['mcp.example.com:443'] })
  const words = 'mcp.example.com:443 only (says the entry itself)'
  expect(renderServerList([bridge], style, null)).toContain(words)
  expect(renderServer(bridge, style, null, nowMs)).toContain(`may talk to ${words}`)
})
