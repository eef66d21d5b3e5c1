/** Children that end before anybody can read them: what the kernel told of them puts them below their server. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type Births, createBirths } from '../../daemon/capture/sock-diag/births.ts'
import type { ProcessSource, Sighting } from '../../daemon/ports.ts'
import { createFamily } from '../../daemon/processes/family.ts'
import type { ProcessEvents } from '../../daemon/processes/proc-connector.ts'
import type { ProcessEvent } from '../../daemon/processes/proc-connector-inbox.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { endShell, stateOf } from './process-events-shell.ts'
import { createMatching, isHeardHere, listen, processSource } from './process-events-table.ts'

/** Few enough for the queue of events that a plain user is given. */
const AT_ONCE = 10
const ROUNDS = 10
const COUNT = AT_ONCE * ROUNDS
/**
 * `few`: children that do nothing. `deep`: each of them is forked by one that has ended. `exec`: one that runs a program.
 * They are waited for, all but the orphans, and the answer comes after that.
 */
const SCRIPT = `while read word; do count=0; while [ $count -lt ${AT_ONCE} ]; do
case $word in few) : & ;; deep) ( : & ) ;; exec) /bin/true & ;; esac
count=$((count + 1)); done; wait; echo done; done`

const isHeard = await isHeardHere()
const folder = mkdtempSync(join(tmpdir(), 'mcpw-ghosts-'))
writeFileSync(join(folder, 'server.sh'), SCRIPT)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Fork = Extract<ProcessEvent, { kind: 'fork' }>

describe.skipIf(!isHeard)('children of a server (needs a kernel that tells of forks here)', () => {
  let shell: ChildProcess & { readonly pid: number }
  let events: ProcessEvents
  afterEach(async () => {
    events.close()
    await endShell(shell)
  })

  it.each([
    ['few', COUNT],
    ['deep', 2 * COUNT],
    ['exec', COUNT],
  ] as const)('that end at once are all in the next table: %s', async (word, expected) => {
    const started = spawn('sh', [join(folder, 'server.sh')], { stdio: ['pipe', 'pipe', 'inherit'] })
    if (started.pid === undefined) throw new Error('sh did not start')
    shell = Object.assign(started, { pid: started.pid })
    // It answers: it runs its script by now.
    await order(shell, 'nothing')
    const { births, forks, heard } = await watchBirths()
    const [told, untold] = [processSource(), processSource()]
    const [shown, unshown] = [told, untold].map((source) =>
      createMatching(source, folder, ['server.sh']),
    )
    if (shown === undefined || unshown === undefined) return
    await shown.tick()
    await unshown.tick()
    expect(shown.pidsOf(shell.pid)).toEqual(new Set([shell.pid]))
    births.watch([shell.pid], new Set())

    const seen: Sighting[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      await order(shell, word)
      seen.push(...births.since([]).born)
    }
    const areGone = (): boolean => {
      seen.push(...births.since([]).born)
      return (
        forks.length >= expected &&
        forks.every(({ child }) => (stateOf(child)?.state ?? 'Z') === 'Z')
      )
    }
    await waitFor(areGone, { what: 'the end of all', deadlineMs: 20_000, everyMs: 5 })
    expect(heard.isLost).toBe(false)
    expect(forks).toHaveLength(expected)
    for (const source of [told, untold]) source.see(seen)
    for (const event of forks) prove(told, births, event)

    await shown.tick()
    await unshown.tick()
    const children = shown.membersOf(shell.pid).filter(({ process }) => process.pid !== shell.pid)
    const parents = new Map(children.map(({ process }) => [process.pid, process.ppid]))
    expect(parents).toEqual(new Map(forks.map(({ child, parent }) => [child, parent])))
    expect(new Set(children.map(({ role }) => role))).toEqual(new Set(['child']))
    expect(new Set(children.map(({ process }) => process.uid))).toEqual(new Set([ownUid]))
    // Nothing else knows of them: the test would mean nothing otherwise.
    expect(unshown.pidsOf(shell.pid)).toEqual(new Set([shell.pid]))
    await shown.tick()
    expect(shown.pidsOf(shell.pid)).toEqual(new Set([shell.pid]))
  })

  /** Births as the engines hear them, and the forks among them. */
  async function watchBirths() {
    const family = createFamily()
    events = await listen(family)
    const forks: Fork[] = []
    const heard = { isLost: false }
    const noting: ProcessEvents = {
      ...events,
      drain() {
        const drained = events.drain()
        heard.isLost ||= drained.lost
        forks.push(...drained.events.filter((event): event is Fork => event.kind === 'fork'))
        return drained
      },
    }
    const births = createBirths({
      family,
      events: noting,
      children: { look: () => 0 },
      forks: { happened: () => false },
    })
    return { births, forks, heard }
  }
})

const ownUid = process.getuid?.() ?? -1

/** As if the child had connected a tenth of a millisecond after its birth, and this were told only now. */
function prove(source: ProcessSource, births: Births, { child, atNs }: Fork): void {
  const at = atNs + 100_000
  expect(births.isMember(child, at)).toBe(true)
  const fork = births.parentOf(child, at)
  source.see([
    { ...(fork ?? { pid: child, parent: null }), lived: { uid: ownUid, comm: 'sh', atNs: at } },
  ])
}

async function order(shell: ChildProcess, word: string): Promise<void> {
  const answer = new Promise((resolve) => shell.stdout?.once('data', resolve))
  shell.stdin?.write(`${word}\n`)
  await answer
}
