/** Clients that are found at the other end of a server's descriptor 0, with real processes on the real kernel. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createUnixPeers } from '../../daemon/capture/sock-diag/unix-diag.ts'
import { createGlances, emptyMatchState } from '../../daemon/match/match.ts'
import { loadNative } from '../../daemon/native/load.ts'
import { createPackages } from '../../daemon/processes/packages.ts'
import { createProcSource } from '../../daemon/processes/proc-source.ts'
import { createStdinPeers } from '../../daemon/processes/stdin-peers.ts'
import { matchAsking } from '../../daemon/tick/match-asking.ts'
import { recogniseClient } from '../../shared/clients/recognise.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { digest, script, server } from '../unit/match/world.ts'

const BASH = '/bin/bash'
const DEADLINE_MS = 60_000
const loaded = await loadNative()
const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
let folder: string
let entry: Server
const clients: ChildProcess[] = []
const startedPids: number[] = []

/** Stays until its input ends; says who it is, and who started it. */
const SERVER = `
  process.stdin.resume().on('end', () => process.exit())
  process.stderr.write(process.ppid + ' started ' + process.pid + '\\n')`
/** Stays until whoever started it has gone. */
const LAUNCHER = `
  const parent = process.ppid
  setInterval(() => process.ppid === parent || process.exit(), 20)
  const [program, ...args] = process.argv.slice(2)
  require('node:child_process').spawn(program, args, { detached: true, stdio: 'inherit' })`
/** Over a socket pair, as libuv makes them. */
const CLIENT = `
  process.stdin.resume().on('end', () => process.exit())
  const [program, ...args] = process.argv.slice(2)
  require('node:child_process').spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })`
/** Over pipes. */
const SHELL_CLIENT = 'coproc server { exec "$@"; }; read'

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpw-stdin-'))
  chmodSync(folder, 0o755)
  for (const [name, text] of Object.entries({ SERVER, LAUNCHER, CLIENT }))
    writeFileSync(at(`${name.toLowerCase()}.cjs`), text)
  for (const [program, name] of [
    [process.execPath, 'node/claude'],
    [process.execPath, 'node/other'],
    [BASH, 'bash/claude'],
  ] as const) {
    mkdirSync(dirname(at(name)), { recursive: true })
    if (existsSync(program)) copyFileSync(program, at(name), constants.COPYFILE_FICLONE)
  }
  entry = server('quiet', [process.execPath, at('server.cjs'), '--quiet'], {
    client: 'claude-code',
    script: script(at('server.cjs')),
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(async () => {
  for (const child of clients.splice(0)) {
    child.kill('SIGKILL')
    await gone(child.pid ?? 0)
  }
  // The input of each ended with its client.
  for (const pid of startedPids.splice(0)) await gone(pid)
})

function at(name: string): string {
  return join(folder, name)
}

async function gone(pid: number): Promise<void> {
  await waitFor(() => !existsSync(`/proc/${pid}`), {
    what: `the end of process ${pid}`,
    deadlineMs: DEADLINE_MS,
  })
}

interface Scene {
  readonly client: number
  readonly launcher: number
  readonly server: number
}

/**
 * Runs a client whose launcher has another one start the server, for that one to be ended: as soon as what Node started
 * itself has gone, Node ends its input.
 */
async function play(program: string, ...args: readonly string[]): Promise<Scene> {
  const launcher = [process.execPath, at('launcher.cjs')]
  const words = [...launcher, ...launcher, process.execPath, at('server.cjs'), '--quiet']
  const child = spawn(program, [...args, ...words], {
    stdio: ['pipe', 'ignore', 'pipe'],
    cwd: folder,
  })
  clients.push(child)
  let said = ''
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString()
  })
  const [, launcherPid, serverPid] = await waitFor(() => /(\d+) started (\d+)\n/.exec(said), {
    what: () => `the server starts (${said})`,
    deadlineMs: DEADLINE_MS,
  })
  const scene = { client: child.pid ?? 0, launcher: Number(launcherPid), server: Number(serverPid) }
  startedPids.push(scene.launcher, scene.server)
  return scene
}

async function end(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await gone(pid)
}

/** Looks as the daemon does, and tells of the server's instance. */
function createLook(): (scene: Scene) => Promise<Instance | undefined> {
  const ownUid = process.getuid?.() ?? -1
  const source = createProcSource({ clock, packages: createPackages(clock), ownUid })
  const socketPeers = loaded.ok ? createUnixPeers(loaded.native) : () => new Map<number, number>()
  const peers = createStdinPeers({ socketPeers })
  const glances = createGlances()
  let previous = emptyMatchState
  return async (scene) => {
    const table = await source.sample(new Set(Object.values(scene)))
    const recognise = (process: Process): string | null => recogniseClient(process)
    const input = { previous, servers: [entry], table, recogniseClient: recognise, digest }
    const { state, instances } = matchAsking(peers, input, glances)
    previous = state
    return instances.find(({ rootPid }) => rootPid === scene.server)
  }
}

const WAYS: readonly (readonly [string, boolean, string, readonly string[]])[] = [
  ['a socket pair', loaded.ok, 'node/claude', ['client.cjs']],
  ['a pipe', existsSync(BASH), 'bash/claude', ['-c', SHELL_CLIENT, 'claude']],
]

describe.runIf(process.platform === 'linux')('a server whose launcher has ended', () => {
  for (const [way, isThere, program, args] of WAYS) {
    describe.runIf(isThere)(`with its client at the other end of ${way}`, () => {
      it('has that client, seen only then', async () => {
        const scene = await play(at(program), ...args)
        await end(scene.launcher)
        expect(await createLook()(scene)).toMatchObject({
          serverIds: [entry.id],
          client: { id: 'claude-code', pid: scene.client },
          quality: 'exact',
          reasons: ['script', 'all-arguments', 'client-at-stdin'],
          orphaned: false,
        })
      })

      it('keeps that client', async () => {
        const scene = await play(at(program), ...args)
        const look = createLook()
        expect((await look(scene))?.reasons).toContain('client-ancestor')
        await end(scene.launcher)
        const left = await look(scene)
        expect(left).toMatchObject({ client: { pid: scene.client }, orphaned: false })
        expect(left?.reasons).toContain('client-at-stdin')
      })
    })
  }

  it('has none where a program that is no client is there', async () => {
    const scene = await play(at('node/other'), 'client.cjs')
    await end(scene.launcher)
    expect(await createLook()(scene)).toMatchObject({ client: null, quality: 'no-client' })
  })
})
