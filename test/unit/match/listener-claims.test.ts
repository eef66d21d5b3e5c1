import { describe, expect, it } from 'vitest'
import type { ListeningAt } from '../../../daemon/match/claims.ts'
import { emptyMatchState, type MatchOutput, matchServers } from '../../../daemon/match/match.ts'
import type { MatchState } from '../../../shared/model/attribution.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import { CURSOR, digest, proc, recogniseClient, script, server, summarise, table } from './world.ts'

function http(name: string, client = 'cursor'): Server {
  const endpoint = { scheme: 'http', host: 'localhost', port: 3001 }
  return { ...server(name, [], { client }), transport: 'http', launch: null, endpoint }
}

const SHARED = http('shared')
const ALSO = http('also', 'claude-desktop')
const NODE = proc(500, 1, ['node', '/srv/http.js'], {
  script: script('/srv/http.js', '/srv/http.js', 'some-http-server'),
  stdin: 'terminal',
  stdout: 'terminal',
})

const at = ({ pid, startTicks }: Process): ListeningAt => ({ kind: 'process', pid, startTicks })

function look(
  processes: readonly Process[],
  listening: readonly (readonly [Server, ListeningAt])[],
  previous: MatchState = emptyMatchState,
  servers: readonly Server[] = [SHARED, ALSO],
): MatchOutput {
  return matchServers({
    previous,
    servers,
    table: table(processes),
    recogniseClient,
    digest,
    listening: new Map(listening.map(([{ id }, answer]) => [id, answer])),
  })
}

describe('a process that listens where entries lead to', () => {
  it('is one copy for all of them, judged, with what is below it', () => {
    const child = proc(501, 500, ['sh', '-c', 'work'])
    const { instances } = look(
      [NODE, child],
      [
        [SHARED, at(NODE)],
        [ALSO, at(NODE)],
      ],
    )
    expect(instances).toMatchObject([
      {
        rootPid: 500,
        quality: 'listener',
        reasons: ['listening-port'],
        judged: true,
        orphaned: false,
        client: null,
        package: { name: 'some-http-server' },
      },
    ])
    expect(new Set(instances[0]?.serverIds)).toEqual(new Set([SHARED.id, ALSO.id]))
    expect(instances[0]?.members.map(({ role }) => role)).toEqual(['server', 'child'])
  })

  it('is the server, whatever launcher it calls itself', () => {
    const posing = { ...NODE, argv: ['npm exec something'], argvForm: 'rewritten' } as const
    const [instance] = look([posing], [[SHARED, at(posing)]]).instances
    expect(instance?.members.map(({ role }) => role)).toEqual(['server'])
  })

  it('is the same object while nothing changes', () => {
    const first = look([NODE], [[SHARED, at(NODE)]])
    const second = look([NODE], [[SHARED, at(NODE)]], first.state)
    expect(second.state).toBe(first.state)
  })

  it('is not another that was given its number', () => {
    const later = { ...NODE, startTicks: NODE.startTicks + 1 }
    expect(look([later], [[SHARED, at(NODE)]]).instances).toEqual([])
  })

  it('is no instance where it is a client', () => {
    expect(look([CURSOR], [[SHARED, at(CURSOR)]]).instances).toEqual([])
  })

  it('stays with the instance that it belongs to already', () => {
    const stdio = server('files', ['/opt/files'], { client: 'cursor' })
    const root = proc(300, 200, ['/opt/files'])
    const servers = [stdio, SHARED]
    const { instances } = look([CURSOR, root], [[SHARED, at(root)]], emptyMatchState, servers)
    expect(instances.map((each) => summarise(each, servers).names)).toEqual([['files']])
  })

  it('keeps its name while nobody answers, and loses it to who takes the port', () => {
    const first = look([NODE], [[SHARED, at(NODE)]])
    const paused = look([NODE], [], first.state)
    expect(paused.instances.map(({ rootPid, quality }) => [rootPid, quality])).toEqual([
      [500, 'listener'],
    ])
    const other = proc(600, 1, ['/opt/other'])
    const taken = look([NODE, other], [[SHARED, at(other)]], paused.state)
    expect(taken.instances.map(({ rootPid }) => rootPid)).toEqual([600])
  })

  it('ends as the entry’s where that leads elsewhere, whoever listens there, and goes on where it is taken out', () => {
    const first = look([NODE], [[SHARED, at(NODE)]])
    expect(look([NODE], [[SHARED, { kind: 'moved' }]], first.state).instances).toEqual([])
    const out = look([NODE], [], first.state, [])
    expect(out.instances.map(({ rootPid }) => rootPid)).toEqual([500])
    const both = look(
      [NODE],
      [
        [SHARED, at(NODE)],
        [ALSO, at(NODE)],
      ],
    )
    const left = look(
      [NODE],
      [
        [SHARED, at(NODE)],
        [ALSO, { kind: 'moved' }],
      ],
      both.state,
    )
    expect(left.instances.map(({ serverIds }) => serverIds)).toEqual([[SHARED.id]])
  })

  it('hands its place to a child of its own without ending', () => {
    const first = look([NODE], [[SHARED, at(NODE)]])
    const child = proc(501, 500, ['/opt/worker'])
    const handed = look([NODE, child], [[SHARED, at(child)]], first.state)
    expect(handed.instances.map(({ rootPid }) => rootPid)).toEqual([500])
  })

  it('is followed by its new copy after a restart', () => {
    const first = look([NODE], [[SHARED, at(NODE)]])
    const again = { ...NODE, pid: 700, startTicks: 7_000, key: 'b:700:7000:0' as Process['key'] }
    const { instances } = look([again], [[SHARED, at(again)]], first.state)
    expect(instances.map(({ rootPid }) => rootPid)).toEqual([700])
  })
})
