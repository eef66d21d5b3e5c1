import { describe, expect, it } from 'vitest'
import { createMuteButton } from '../../../daemon/decisions/mute-button.ts'
import type { ServerId } from '../../../shared/model/ids.ts'
import { makeInstance, makeProcess, tableOf } from '../connections/build.ts'
import { recordOf } from '../judge/build.ts'

const server = makeProcess(20, 10)
const serviceOfTheDesktop = makeProcess(5, 1)
const belowTheServer = makeProcess(30, 20)

function pressed() {
  const asked: unknown[] = []
  const warned: string[] = []
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (_: object, text: string) => warned.push(text),
  }
  const record = recordOf('a', 'local-only')
  const press = createMuteButton({
    decide: async (target, decision) => {
      asked.push([target.name, decision])
      throw new Error('the policy cannot be written')
    },
    log,
    known: () => ({
      table: tableOf(makeProcess(10, 1), server, serviceOfTheDesktop, belowTheServer),
      instances: [makeInstance('a', [[server, 'server']], { serverIds: [record.server.id] })],
      records: new Map([[record.server.id, record]]),
    }),
  })
  return { press, asked, warned, serverId: record.server.id as ServerId }
}

describe('the button to mute', () => {
  it('mutes the kind for a day, and survives a policy that cannot be written', async () => {
    const { press, asked, warned, serverId } = pressed()
    await press({ serverId, kind: 'local-only-egress', servicePid: 5 })
    expect(asked).toEqual([
      ['a', { kind: 'mute', finding: 'local-only-egress', forMs: 24 * 3_600_000 }],
    ])
    expect(warned).toHaveLength(1)
  })

  it('is refused where a watched program is the notification service', async () => {
    const { press, asked, warned, serverId } = pressed()
    await press({ serverId, kind: 'local-only-egress', servicePid: 30 })
    expect(asked).toEqual([])
    expect(warned).toHaveLength(1)
  })
})
