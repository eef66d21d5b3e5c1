import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderExplanation } from '../../../cli/render/explain.ts'
import { createStyle } from '../../../cli/render/style.ts'
import { explain } from '../../../daemon/query/explain.ts'
import { signatureOf } from '../../../daemon/query/explain-words.ts'
import {
  type Explanation,
  explanationSchema,
  type Question,
} from '../../../shared/contract/explain.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import { QUALITY_SENTENCES, REASON_SENTENCES } from '../../../shared/text/attribution-words.ts'
import {
  CURSOR,
  DESKTOP,
  digest,
  npxTree,
  proc,
  recogniseClient,
  run,
  script,
  server,
  table,
  titled,
} from '../match/world.ts'

const FS = '@modelcontextprotocol/server-filesystem'

function ask(
  servers: readonly Server[],
  processes: readonly Process[],
  question: Question,
  ownUid = 1000,
): Explanation {
  const answer = explain(
    {
      now: 2_000_000,
      source: 'look',
      table: table(processes),
      servers,
      instances: run(servers, processes).instances,
      ownUid,
      recogniseClient,
      digest,
    },
    question,
  )
  return explanationSchema.parse(answer)
}

const files = server('files', ['npx', '-y', FS, '/home/u/notes'])
const cursors = server('files', ['npx', '-y', FS, '/home/u/notes'], { client: 'cursor' })
const tree = npxTree(110, 100, ['/home/u/notes'])

describe('a process of a server', () => {
  const answer = ask([files, cursors], [DESKTOP, ...tree], { pid: 112 })

  it('is said to be that, with its role, the entry and each reason as a sentence', () => {
    expect(answer.process).toMatchObject({ part: 'member', role: 'server', parentPid: 111 })
    expect(answer.process?.client).toEqual({ id: 'claude-desktop', pid: 100 })
    expect(answer.servers.map(({ id }) => id)).toEqual([files.id])
    const [instance] = answer.instances
    expect(instance?.quality).toEqual({ code: 'exact', message: QUALITY_SENTENCES.exact })
    expect(instance?.reasons).toContainEqual({
      code: 'client-ancestor',
      message: REASON_SENTENCES['client-ancestor'],
    })
    expect(instance?.processes.map(({ pid, role }) => [pid, role])).toEqual([
      [110, 'launcher'],
      [111, 'launcher'],
      [112, 'server'],
    ])
  })

  it('comes with the entry of another client that was ruled out', () => {
    expect(answer.near).toMatchObject([{ serverId: cursors.id, code: 'other-client' }])
  })
})

describe('a process of no server', () => {
  const why = ({ ruledOut }: Explanation) => ruledOut.map(({ code }) => code)
  const nearly = ({ near }: Explanation) => near.map(({ server, code }) => [server, code])

  it('is gone', () => {
    const answer = ask([files], [DESKTOP], { pid: 4242 })
    expect([answer.process?.part, why(answer)]).toEqual(['gone', ['gone']])
  })

  it('is a client, or stands between one and its server', () => {
    const helper = proc(105, 100, ['/opt/Claude/helper'])
    const below = npxTree(110, 105, ['/home/u/notes'])
    const all = [DESKTOP, helper, ...below]
    expect(ask([files], all, { pid: 100 }).process?.part).toBe('client')
    expect(ask([files], all, { pid: 105 }).process?.part).toBe('starter')
  })

  it('shows nothing of a configured server', () => {
    const vim = proc(300, 100, ['/usr/bin/vim', 'x'])
    expect(why(ask([files], [DESKTOP, vim], { pid: 300 }))).toEqual(['no-signature'])
    expect(why(ask([], [vim], { pid: 300 }))).toEqual(['nothing-configured'])
  })

  it('runs the configured program with other arguments', () => {
    const other = npxTree(310, 1, ['/etc'])
    const answer = ask([files], [DESKTOP, ...other], { pid: 312 })
    expect([why(answer), nearly(answer)]).toEqual([['near-only'], [['files', 'arguments-differ']]])
  })

  it('has the name only: another file of that name', () => {
    const local = server('local', ['node', '/srv/a/index.js'], {
      script: script('/srv/a/index.js'),
    })
    const other = proc(320, 100, ['node', '/srv/b/index.js'], { script: script('/srv/b/index.js') })
    expect(nearly(ask([local], [DESKTOP, other], { pid: 320 }))).toEqual([
      ['local', 'other-program'],
    ])
  })

  it('wrote over its arguments, which are not believed', () => {
    const liar = titled(330, 1, 'mcp-server-filesystem /home/u/notes', 4000)
    expect(why(ask([files], [DESKTOP, liar], { pid: 330 }))).toContain('title-not-believed')
  })

  it('belongs to another user', () => {
    const theirs = proc(340, 1, ['/usr/bin/thing'], { uid: 0, readable: false, executable: null })
    expect(why(ask([files], [theirs], { pid: 340 }))).toContain('other-user')
    expect(why(ask([files], [theirs], { pid: 340 }, 0))).not.toContain('other-user')
  })
})

describe('a server', () => {
  it('that does not run comes with the processes that came near', () => {
    const other = npxTree(310, 1, ['/etc'])
    const answer = ask([files], [DESKTOP, ...other], { server: 'files' })
    expect(answer.process).toBeNull()
    expect(answer.instances).toEqual([])
    expect(answer.near.map(({ pid, code }) => [pid, code])).toContainEqual([
      312,
      'arguments-differ',
    ])
  })

  it('of one name in two clients is explained for both', () => {
    const answer = ask([files, cursors], [DESKTOP, CURSOR, ...tree], { server: 'files' })
    expect(answer.servers.map(({ client }) => client)).toEqual(['claude-desktop', 'cursor'])
    expect(answer.instances).toHaveLength(1)
  })

  it('is not said to have no copy before the processes were listed', () => {
    expect(() => ask([files], [], { server: 'files' })).toThrow(
      expect.objectContaining({ code: 'NO_DATA' }),
    )
  })

  it('that nobody knows is an error that lists the known ones', () => {
    expect(() => ask([files], [DESKTOP], { server: 'flies' })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_SERVER', hint: expect.stringContaining('files') }),
    )
  })
})

describe('an entry in words', () => {
  it.each([
    [['npx', '-y', FS, '/home/u/secret-folder'], `npx starts the package ${FS}, with 1 argument`],
    [
      ['node', '/srv/deep/down/index.js', '--x', '1'],
      'its client starts the script index.js, with 2 arguments',
    ],
    [['python3', '-m', 'my_server'], 'its client starts the module my_server, without arguments'],
    [
      ['docker', 'run', '-i', '--rm', 'mcp/time:1.2'],
      'docker starts the image mcp/time 1.2, without arguments',
    ],
    [['/opt/bin/thing', 'x'], 'its client starts the program thing, with 1 argument'],
  ])('%j', (line, words) => {
    const said = signatureOf(server('x', line))
    expect(said.message).toBe(words)
    expect(JSON.stringify(said)).not.toMatch(/secret-folder|deep/)
  })

  it('keeps back what is known by its digest only, and packages given by address', () => {
    const hidden = server('x', ['npx'], { args: [{ kind: 'digest', digest: 'd1g3st' }] })
    const address = server('x', ['uvx', '--from', 'git+https://key@host.example/repo', 'tool'])
    for (const each of [hidden, address]) {
      const said = signatureOf(each)
      expect(said.name).toBeNull()
      expect(JSON.stringify(said)).not.toMatch(/d1g3st|key@|\\u0000/)
    }
  })
})

it('never shows an argument or an escape sequence', () => {
  const evil = '\u001b[2J\u202eevil'
  const planted = server(evil, ['node', `/srv/${evil}.js`, '--token', 'sk-planted'])
  const line = ['node', `/srv/${evil}.js`, '--token', 'sk-other-planted']
  const answer = ask([planted], [DESKTOP, proc(400, 100, line)], { pid: 400 })
  expect(answer.near).toHaveLength(1)
  const text = renderExplanation(answer, { style: createStyle(false), columns: 70 })
  expect(text).toContain('arguments are others')
  expect(text).not.toMatch(/[^\n\P{C}]/u)
  expect(text + JSON.stringify(answer)).not.toContain('planted')
})

it('says what docs/attribution.md says', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/attribution.md'), 'utf8')
  const plain = (text: string): string => text.replaceAll('`', '').replaceAll('’', "'")
  const rows = new Map(
    [...page.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map((row) => [row[1], plain(row[2] ?? '')]),
  )
  for (const [code, words] of Object.entries({ ...QUALITY_SENTENCES, ...REASON_SENTENCES })) {
    // `launcher` is a role too, which stands further down the page
    if (code !== 'launcher') expect([code, plain(words)]).toEqual([code, rows.get(code)])
  }
})
