/**
 * Every kind of connection that exact capture is held to, made by real servers and seen by the real daemon with its
 * programs in this machine's kernel. The workload is the one of `npm run bench:capture`, with fewer of each.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kind, kindsOf, serverWords } from '../../bench/capture/exact/kinds.ts'
import { exactObstacle } from '../../bench/capture/exact/obstacle.ts'
import { type One, type Row, tallyOf } from '../../bench/capture/exact/ones.ts'
import { openStage, play, type Stage } from '../../bench/capture/exact/stage.ts'
import { MAIN } from '../helpers/cli.ts'
import { PROJECT } from '../helpers/lab.ts'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'

const COUNT = 12
const PAUSE_MS = 40
const LIMIT_MS = 60_000
/** Apart from where the benchmark is, which may run at the same time. */
const AIM = { four: '127.78', six: '::1', port: 8_311 }
const KINDS = kindsOf(COUNT)

async function obstacle(): Promise<string | null> {
  if (spawnSync('cc', ['--version']).status !== 0) return 'needs cc, the C compiler'
  return await exactObstacle()
}

function compile(program: string): void {
  const source = join(PROJECT, 'bench/capture')
  const files = readdirSync(source).filter((name) => name.endsWith('.c'))
  const paths = files.map((name) => join(source, name))
  const { status, stderr } = spawnSync('cc', ['-O1', '-pthread', '-o', program, ...paths], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
}

const why = await obstacle()

describe.skipIf(why !== null)(`exact capture sees${why === null ? '' : ` (${why})`}`, () => {
  let home: TempHome
  let stage: Stage | undefined
  let ones: readonly One[]
  let rows: readonly Row[]

  beforeAll(async () => {
    home = tempHome()
    const program = home.join('workload')
    compile(program)
    const servers = new Map(
      KINDS.map((kind) => [kind.name, serverWords(program, kind, AIM, PAUSE_MS)]),
    )
    const place = { home: home.path, mainPath: MAIN }
    stage = await openStage({ program }, place, { engine: 'bpf', servers, aim: AIM })
    ;({ ones, rows } = await play(stage, LIMIT_MS))
  })

  afterAll(async () => {
    await stage?.end()
    home?.remove()
  })

  const madeBy = ({ name }: Kind): readonly One[] => ones.filter(({ server }) => server === name)
  const loud = KINDS.filter(({ isSilent }) => isSilent !== true)

  it.for(loud)('each of $name, once, with its server and its process', (kind, context) => {
    const { made, isMissingHere, seen, twice, otherPid } = tallyOf(madeBy(kind), rows)
    expect(made).toBe(kind.count)
    if (isMissingHere) context.skip('this machine has no such thing')
    expect({ seen, twice, otherPid }).toEqual({ seen: kind.count, twice: 0, otherPid: 0 })
  })

  it('what nobody answered as refused, and all the rest as established', () => {
    const wrong = loud.flatMap((kind) => {
      const { outcomes, isMissingHere } = tallyOf(madeBy(kind), rows)
      const expected = kind.name === 'refused' ? 'refused' : 'established'
      const others = [...outcomes.keys()].filter((outcome) => outcome !== expected)
      // One that is closed before it could be answered is what it is.
      return isMissingHere || kind.name === 'nonblocking' || others.length === 0
        ? []
        : `${kind.name}: ${others.join(', ')}`
    })
    expect(wrong).toEqual([])
  })

  it('nothing in the looking up of a name', (context) => {
    const asked = ones.filter(({ server }) => server === 'getaddrinfo')
    if (asked.every(({ answer }) => answer === null)) context.skip('cannot hide /etc here')
    expect(asked).toHaveLength(COUNT)
    expect(rows.filter(({ server }) => server === 'getaddrinfo')).toEqual([])
  })
})
