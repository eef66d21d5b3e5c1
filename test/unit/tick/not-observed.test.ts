import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../daemon/tick/listening-answer.ts'
import { notObserved } from '../../../daemon/tick/not-observed.ts'
import type { ServerId } from '../../../shared/model/ids.ts'
import { instanceA, makeServer } from '../judge/build.ts'

const NOTHING = { notObserved: [], hidden: new Set<ServerId>() }

describe('what cannot be observed', () => {
  const inClient = true
  const extension = makeServer('files', { client: 'claude-desktop', inClient })

  it('is what a running client runs inside itself', () => {
    const running = new Set(['claude-desktop'])
    expect(notObserved([extension], [], running, NOTHING)).toEqual([
      { serverId: extension.id, reason: 'in-client' },
    ])
    expect(notObserved([extension], [], new Set(['cursor']), NOTHING)).toEqual([])
    const plain = makeServer('files', { client: 'claude-desktop' })
    expect(notObserved([plain], [], running, NOTHING)).toEqual([])
  })

  it('is why none of the processes here is shown as an entry that is answered', () => {
    const web = makeServer('web', { transport: 'http' })
    const ask = (answer: Answer, ...instances: Parameters<typeof notObserved>[1]) =>
      notObserved([web], instances, new Set(), NOTHING, new Map([[web.id, answer]])).map(
        ({ reason }) => reason,
      )
    const other = instanceA({})
    const own = instanceA({ serverIds: [web.id] })
    const pid = other.members[0]?.process.pid ?? 0
    const process = { kind: 'process', pid, startTicks: 1 } as const
    expect(ask({ kind: 'nobody' }, other)).toEqual([])
    expect(ask(process, other)).toEqual(['other-entry'])
    expect(ask({ ...process, pid: pid + 1 }, other)).toEqual([])
    expect(ask(process, own)).toEqual([])
    const container = { id: 'c'.repeat(12), name: 'x', image: 'x' }
    const inside = { kind: 'container', id: 'c'.repeat(64) } as const
    expect(ask(inside, { ...other, container })).toEqual(['other-entry'])
    expect(ask(inside, other)).toEqual([])
    const hidden = { kind: 'hidden', reason: 'process-unreadable' } as const
    expect([ask(hidden), ask(hidden, own)]).toEqual([['process-unreadable'], []])
    const untold = { kind: 'hidden', reason: 'listener-not-told' } as const
    expect(ask(untold, own)).toEqual(['listener-not-told'])
  })

  it('is not what shows as a process of its own', () => {
    const serverIds = [extension.id] as const
    expect(
      notObserved([extension], [instanceA({ serverIds })], new Set(['claude-desktop']), NOTHING),
    ).toEqual([])
  })

  it('is each server once for a reason', () => {
    const endpoint = { scheme: 'https', host: 'far.test', port: 443 }
    const remote = makeServer('far', { transport: 'http', endpoint })
    const instance = instanceA({ serverIds: [remote.id] })
    const merged = { notObserved: [], hidden: new Set([remote.id]) }
    expect(notObserved([remote, remote], [instance], new Set(), merged)).toEqual([
      { serverId: remote.id, reason: 'remote-transport' },
      { serverId: remote.id, reason: 'process-unreadable' },
    ])
  })

  it('is where the address of an entry leads, while that is not known', () => {
    const open = makeServer('open', { transport: 'http', endpoint: null })
    expect(notObserved([open], [], new Set(), NOTHING)).toEqual([
      { serverId: open.id, reason: 'address-not-known' },
    ])
  })
})
