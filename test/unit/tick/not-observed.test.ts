import { describe, expect, it } from 'vitest'
import { notObserved } from '../../../daemon/tick/not-observed.ts'
import type { InstanceId } from '../../../shared/model/ids.ts'
import { instanceA, makeServer } from '../judge/build.ts'

const NOTHING = { notObserved: [], unreadable: new Set<InstanceId>() }

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

  it('is not what shows as a process of its own', () => {
    const serverIds = [extension.id] as const
    expect(
      notObserved([extension], [instanceA({ serverIds })], new Set(['claude-desktop']), NOTHING),
    ).toEqual([])
  })

  it('is each server once for a reason', () => {
    const remote = makeServer('far', { transport: 'http' })
    const instance = instanceA({ serverIds: [remote.id] })
    const merged = { notObserved: [], unreadable: new Set([instance.id]) }
    expect(notObserved([remote, remote], [instance], new Set(), merged)).toEqual([
      { serverId: remote.id, reason: 'remote-transport' },
      { serverId: remote.id, reason: 'process-unreadable' },
    ])
  })
})
