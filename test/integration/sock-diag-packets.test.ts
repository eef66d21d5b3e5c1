/** Packet sockets (packet(7)) that a watched process holds, in our own network namespace and in another one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import type { RawSocket } from '../../shared/model/observation.ts'
import { waitFor } from '../helpers/wait-for.ts'
import {
  hasTools,
  isPrivate,
  isRoot,
  loaded,
  stopWatching,
  type Watching,
  watchOver,
} from './sock-diag-engine.ts'

/**
 * Of protocol 0, which hears and sends nothing: one more for each line, with its inode as the answer. A line `pass`
 * leaves the newest to a child alone.
 */
const HOLDER = `
import os, socket, sys
kept = []
for line in sys.stdin:
    if line == 'pass\\n':
        child = os.fork()
        if child == 0:
            sys.stdin.read()
            os._exit(0)
        kept.pop().close()
        print(child, flush=True)
        continue
    kept.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    kept[-1].bind(('lo', 0))
    print(os.fstat(kept[-1].fileno()).st_ino, flush=True)
`
const hasPython =
  spawnSync('python3', ['-c', ''], { stdio: 'ignore', timeout: 20_000 }).status === 0
/** Where we could leave for a network of our own, workers can too. */
const canOpen = isRoot && isPrivate && hasPython && hasTools && loaded.ok
const INSIDE = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"']

interface Opener {
  readonly pid: number
  tell(line: 'open' | 'pass'): Promise<number>
}

const started: ChildProcess[] = []

async function startOpener(before: readonly string[] = []): Promise<Opener> {
  const [file, ...args] = [...before, 'python3', '-c', HOLDER] as const
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  started.push(child)
  const lines = createInterface({ input: child.stdout })
  const { pid } = child
  if (pid === undefined) throw new Error('python3 did not start')
  return {
    pid,
    async tell(line) {
      const answer = once(lines, 'line')
      child.stdin.write(`${line}\n`)
      const [text] = (await answer) as [string]
      return Number(text)
    },
  }
}

const told = ({ batches }: Watching): readonly RawSocket[] =>
  batches.flatMap(({ rawSockets }) => rawSockets ?? [])

/** Descriptors are read every ten seconds while a process runs, and with each new member. */
async function untilTold(watching: Watching, count: number): Promise<readonly RawSocket[]> {
  const what = (): string =>
    `${count} packet sockets; faults: ${watching.faults.map(String).join()}`
  const isTold = (): boolean => {
    watching.engine.hurry()
    return told(watching).length >= count
  }
  await waitFor(isTold, { what, deadlineMs: 60_000 })
  return told(watching)
}

afterEach(async () => {
  await stopWatching()
  for (const child of started.splice(0)) {
    const exited = once(child, 'exit')
    child.stdin?.end()
    if (child.exitCode === null && child.signalCode === null) await exited
  }
})

describe('packet sockets of watched processes (needs root, python3 and ip: others may open none)', () => {
  it.skipIf(!canOpen)(
    'are told once each: one older than the watching, and one opened meanwhile',
    async () => {
      const [opener, stranger] = [await startOpener(), await startOpener()]
      await opener.tell('open')
      await stranger.tell('open')
      const watching = await watchOver([opener.pid])
      const [first] = await untilTold(watching, 1)
      expect(first).toMatchObject({ holder: { pid: opener.pid }, family: 'packet' })
      await opener.tell('open')
      await untilTold(watching, 2)
      // Whose socket is handed to a new child is read at once, and was told.
      const child = await opener.tell('pass')
      const isRead = (): boolean => {
        watching.engine.hurry()
        return (watching.batches.at(-1)?.attention ?? []).some(({ process }) =>
          process.includes(`:${child}:`),
        )
      }
      await waitFor(isRead, { what: 'the child is watched', deadlineMs: 20_000 })
      await watching.nextBatch()
      expect(told(watching).map(({ holder, family }) => [holder.pid, family])).toEqual([
        [opener.pid, 'packet'],
        [opener.pid, 'packet'],
      ])
      expect(watching.faults).toEqual([])
    },
    120_000,
  )

  it.skipIf(!canOpen)(
    'are told of another network namespace, which is entered',
    async () => {
      const opener = await startOpener(INSIDE)
      await opener.tell('open')
      const watching = await watchOver([opener.pid])
      const [only] = await untilTold(watching, 1)
      expect(only).toMatchObject({ holder: { pid: opener.pid }, family: 'packet' })
      await watching.nextBatch()
      expect(told(watching)).toHaveLength(1)
      expect(watching.faults).toEqual([])
    },
    120_000,
  )
})
