/** A plain user's daemon and the capture service: joined when it is there, left when it dies, joined again. */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAIN } from '../helpers/cli.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { ADA, as, obstacle, type Run, start } from './capture-service-processes.ts'

const reason = obstacle()
const ends: (() => unknown)[] = []
let folder: string
let home: string
let socket: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
  chmodSync(folder, 0o755)
  socket = join(folder, 'socket')
  home = join(folder, 'home')
  mkdirSync(home, { mode: 0o700 })
  chownSync(home, ADA, ADA)
})
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
  rmSync(folder, { recursive: true, force: true })
})

/** The program as the user runs it, with nothing of the tester's environment. */
const asUser = (...words: string[]): Run => {
  const variables = {
    HOME: home,
    XDG_RUNTIME_DIR: home,
    PATH: '/usr/bin:/bin',
    MCPWATCH_CAPTURE_SOCKET: socket,
  }
  const env = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  return start([...as(ADA), 'env', '-i', ...env, process.execPath, MAIN, ...words], ends)
}

async function engine(): Promise<{ name: string; said: string } | null> {
  const run = asUser('status', '--json')
  if ((await run.ended()) !== 0) return null
  const { engine: found } = JSON.parse(run.lines.join('\n')) as {
    engine: { name: string; degraded: readonly { message: string }[] } | null
  }
  if (found === null) return null
  return { name: found.name, said: found.degraded.map(({ message }) => message).join(' ') }
}

const becomes = (name: string, what: string): Promise<{ name: string; said: string }> =>
  waitFor(
    async () => {
      const now = await engine()
      return now?.name === name ? now : null
    },
    { what, deadlineMs: 60_000, everyMs: 200 },
  )

async function service(): Promise<Run> {
  const run = start([process.execPath, MAIN, 'capture', '--socket', socket], ends)
  await waitFor(() => existsSync(socket), { what: () => run.errors(), deadlineMs: 20_000 })
  return run
}

describe.skipIf(reason !== null)(`a user’s daemon (${reason ?? 'with the kernel'})`, () => {
  it('joins the capture service, goes on without when it is killed and says so, and joins it again', async () => {
    const first = await service()
    asUser('start', '--background', '--port', '0')
    await becomes('bpf', 'it is joined')
    first.child.kill('SIGKILL')
    await first.ended()
    const alone = await becomes('sock-diag', 'it goes on without')
    expect(alone.said).toContain('the capture service')
    rmSync(socket)
    await service()
    const again = await becomes('bpf', 'it is joined again')
    expect(again.said).not.toContain('is not used')
  })
})
