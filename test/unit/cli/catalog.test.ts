import { describe, expect, it } from 'vitest'
import { run } from '../../../cli/run.ts'
import { CATALOGUE } from '../../../shared/catalogue/catalogue.ts'
import { catalogueSchema } from '../../../shared/contract/catalogue.ts'
import { fakeIo } from './fake-io.ts'

async function written(...argv: string[]): Promise<string> {
  const io = fakeIo()
  expect(await run(['catalog', ...argv], io)).toBe(0)
  expect(io.loads()).toBe(0)
  return io.written().out
}

describe('catalog', () => {
  it('lists every known server, a row each', async () => {
    const lines = (await written()).split('\n')
    expect(
      lines.filter((line) => line.startsWith('@modelcontextprotocol/')).length,
    ).toBeGreaterThan(9)
    expect(lines).toContainEqual(expect.stringContaining(`${CATALOGUE.length} servers.`))
  })

  it('fits the terminal', async () => {
    const io = fakeIo({}, { columns: 80, rows: 24 })
    await run(['catalog'], io)
    expect(
      Math.max(
        ...io
          .written()
          .out.split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(81)
  })

  it('shows a few in full, with where the knowledge is from', async () => {
    expect(await written('chroma')).toBe(
      [
        'chroma-mcp',
        '  PyPI: chroma-mcp',
        '  image: mcp/chroma, ghcr.io/stacklok/dockyard/uvx/chroma-mcp',
        '  may talk to: the local network, api.trychroma.com or your own host',
        '  what it starts: the same',
        '  source: stacklok/toolhive registry, permission profile: any outbound host',
        '',
      ].join('\n'),
    )
    expect(await written('server-docker')).toContain('may talk to: this machine or your own host\n')
    expect(await written('desktop', 'commander')).toContain('reports its use to: desktopcommander')
  })

  it('says that nothing is expected of a server that is not known', async () => {
    const text = await written('no\u001b[2Jsuch')
    expect(text).toContain('"nosuch"')
    expect(text).toContain('until a policy says so')
  })

  it('gives the same as JSON', async () => {
    const all = catalogueSchema.parse(JSON.parse(await written('--json')))
    expect(all.servers).toHaveLength(CATALOGUE.length)
    const [brave] = catalogueSchema.parse(JSON.parse(await written('--json', 'brave'))).servers
    expect(brave).toMatchObject({ expectation: 'rules', hosts: ['api.search.brave.com'] })
    expect(JSON.parse(await written('--json', 'no such'))).toEqual({
      schemaVersion: 1,
      servers: [],
    })
  })
})
