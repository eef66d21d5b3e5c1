import { expect, it } from 'vitest'
import { renderCoverage } from '../../../cli/render/coverage.ts'
import { createStyle } from '../../../cli/render/style.ts'
import { report } from './sample.ts'

const { coverage, servers, from, to } = report()
const [server] = servers
const id = server?.id ?? ''

function text(watched: Partial<typeof coverage.watched>): string {
  const full = { quietMs: 0, activeMs: 0, expectedRecall: null, servers: [], ...watched }
  const view = { coverage: { ...coverage, watched: full }, servers, window: { from, to } }
  return renderCoverage(view, createStyle(false), null)
}

it('tells what was measured, never rounded up to all, and names who was seen less well', () => {
  const one = { serverId: id, quietMs: 1, activeMs: 1, expectedRecall: 0.9, unknown: 0 }
  const told = text({
    quietMs: 99_960,
    activeMs: 40,
    expectedRecall: 0.9999,
    servers: [one, { ...one, serverId: 'gone' }],
  })
  expect(told).toContain('did nothing for 99.9 % of the time')
  expect(told).toContain('held for 50 ms 99.9 % were certain to be seen')
  expect(told).toContain(`Seen less well: ${server?.name} (${server?.client}) 90 %.`)
})

it('says nothing where the engine could not tell', () => {
  expect(text({})).not.toContain('did nothing')
})
