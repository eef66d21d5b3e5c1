/** Process events as they are heard, or refused, by other users and in other namespaces. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const CHILD = join(import.meta.dirname, 'process-events-child.mjs')
const NOBODY_UID = 65_534
const isRoot = process.getuid?.() === 0
const [major = 0, minor = 0] = release().split('.').map(Number)
const isForPlainUsers = major > 6 || (major === 6 && minor >= 6)

/** What the child tells: its last state, and whether it heard of a fork after it had moved to another network. */
interface Told {
  readonly state: unknown
  readonly heardAfter: boolean | null
}

interface Where {
  readonly prefix?: readonly string[]
  readonly uid?: number
  readonly mode?: string
}

/** The modules that the child needs, compiled: it is a process of its own, started in surroundings of its own. */
let built: string
beforeAll(() => {
  built = mkdtempSync(join(tmpdir(), 'mcpw-events-'))
  chmodSync(built, 0o755)
  const entries = ['native/load', 'processes/proc-connector', 'processes/proc-connector-probe']
  const files = entries.map((path) => join('daemon', `${path}.ts`))
  const checks = ['--ignoreConfig', '--noCheck', '--skipLibCheck', '--types', 'node']
  const target = ['--module', 'nodenext', '--target', 'es2023', '--rewriteRelativeImportExtensions']
  const places = ['--rootDir', '.', '--outDir', built]
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, ...checks, ...target, ...places, ...files], { cwd: ROOT })
  symlinkSync(join(ROOT, 'node_modules'), join(built, 'node_modules'))
  writeFileSync(join(built, 'package.json'), '{"type":"module"}')
})
afterAll(() => rmSync(built, { recursive: true, force: true }))

/** Null when this machine does not let us have such surroundings. */
function ask({ prefix = [], uid, mode = '' }: Where): Told | null {
  const [command, ...rest] = [...prefix, process.execPath, CHILD, built, mode]
  const options = { encoding: 'utf8', timeout: 30_000 } as const
  const run = spawnSync(command, rest, uid === undefined ? options : { ...options, uid })
  return run.status === 0 ? (JSON.parse(run.stdout) as Told) : null
}

describe.skipIf(process.platform !== 'linux')('process events from elsewhere (needs Linux)', () => {
  it.each([
    ['pids', '-pf', 'other-pid-namespace'],
    ['a network', '-n', 'other-network-namespace'],
    ['users', '-U', 'other-user-namespace'],
  ])('are refused to one with %s of its own, with the reason', (_name, flag, refused) => {
    const alone = ask({ prefix: ['unshare', flag] })
    // A plain user gets the other namespaces only together with one of users.
    const told = alone ?? ask({ prefix: ['unshare', '-r', flag] })
    if (told === null) return
    // Where these tests themselves run in a container, that comes first.
    expect([{ refused }, ask({})?.state]).toContainEqual(told.state)
  })

  it.skipIf(!isRoot)(
    'are heard by a plain user, or refused for the kernel’s age (needs root)',
    () => {
      const own = ask({})
      const told = ask({ uid: NOBODY_UID })
      if (told === null || own?.state !== 'working') return
      expect(told.state).toEqual(isForPlainUsers ? 'working' : { refused: 'kernel-too-old' })
    },
  )

  it.skipIf(!isRoot)('are still heard by one that leaves the network later (needs root)', () => {
    const told = ask({ mode: 'leave-net' })
    if (told?.state !== 'working') return
    expect(told.heardAfter).toBe(true)
  })
})
