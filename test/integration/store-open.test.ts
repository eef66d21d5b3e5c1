import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openArchive } from '../../daemon/query/archive.ts'
import { DATABASE_VERSION } from '../../daemon/store/schema.ts'
import { openStore } from '../../daemon/store/store.ts'
import type { Process } from '../../shared/model/process.ts'
import {
  fixedClock,
  instance,
  judged,
  record,
  silentLog,
  T0,
  temporaryFolder,
  tick,
} from '../unit/store/ticks.ts'
import { dump, open, run } from './store-files.ts'

const root = instance(100, [record('files')])
const story = [
  tick(T0, { instances: [root], opened: [judged(root, 1)] }),
  tick(T0 + 1_000, { opened: [judged(root, 2)] }),
]

/** Everything that SQLite keeps in the folder, as bytes. */
function bytes(folder: string): Buffer {
  return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
}

describe('secrets', () => {
  it('has no place for arguments, endpoints or what a process was started with', () => {
    const folder = temporaryFolder()
    const secret = 'sk-planted-4242'
    const files = record('files')
    const launch = {
      command: { kind: 'literal', value: secret },
      args: [{ kind: 'literal', value: `--key=${secret}` }],
      cwd: `/tmp/${secret}`,
      script: null,
    } as const
    const endpoint = { scheme: 'https', host: `${secret}.example`, port: 443 }
    const child = { argv: [secret], cwd: secret, comm: secret } as unknown as Process
    const servers = [{ ...files, server: { ...files.server, launch, endpoint } }]
    const seen = {
      ...root,
      ancestors: [child],
      members: [{ process: child, role: 'child' }],
    } as const
    const store = open(folder)
    store.commit(tick(T0, { servers, instances: [seen], opened: [judged(root, 1)] }))
    const whileOpen = bytes(folder)
    store.close()
    const after = bytes(folder)
    expect([whileOpen.includes('files'), after.includes('files')]).toEqual([true, true])
    expect([whileOpen.includes(secret), after.includes(secret)]).toEqual([false, false])
  })
})

describe('opening', () => {
  it('makes folder and files that nobody else can read, also where they were open', () => {
    const folder = join(temporaryFolder(), 'state')
    const store = open(folder)
    store.commit(tick(T0))
    const modes = readdirSync(folder).map((name) => [
      name,
      statSync(join(folder, name)).mode & 0o777,
    ])
    store.close()
    expect(modes.length).toBeGreaterThanOrEqual(3)
    expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([])
    chmodSync(folder, 0o755)
    chmodSync(join(folder, 'watch.db'), 0o644)
    open(folder).close()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'watch.db')).mode & 0o777).toBe(0o600)
  })

  it('sets a damaged database aside unchanged and begins a new one', () => {
    const folder = temporaryFolder()
    run(folder, story)
    const path = join(folder, 'watch.db')
    const broken = readFileSync(path).fill(0xff, 4_096, 12_288)
    writeFileSync(path, broken)
    const store = open(folder)
    const [notice] = store.notices
    expect(notice?.code).toBe('database-set-aside')
    expect(readFileSync(notice?.path ?? '').equals(broken)).toBe(true)
    expect(store.memory().lastTickAt).toBeNull()
    store.commit(tick(T0))
    store.close()
  })

  it('sets aside what is no database, twice in the same moment under two names', () => {
    const folder = temporaryFolder()
    for (const text of ['first', 'second']) {
      writeFileSync(join(folder, 'watch.db'), text.repeat(1_000))
      const store = open(folder)
      expect(readFileSync(store.notices[0]?.path ?? '', 'utf8')).toBe(text.repeat(1_000))
      store.close()
    }
  })

  it('refuses a database of a later version and leaves it as it is', () => {
    const folder = temporaryFolder()
    run(folder, story)
    const db = new Database(join(folder, 'watch.db'))
    db.pragma(`user_version = ${DATABASE_VERSION + 1}`)
    db.close()
    const before = dump(folder)
    expect(() => open(folder)).toThrow(expect.objectContaining({ code: 'DATABASE_NEWER' }))
    expect(dump(folder)).toBe(before)
  })

  it('leaves a damaged one as it is where it is not to be replaced', () => {
    const folder = temporaryFolder()
    run(folder, story)
    const path = join(folder, 'watch.db')
    const damaged = readFileSync(path).fill(0xa5, 8_192, 24_576)
    writeFileSync(path, damaged)
    const deps = { folder, clock: fixedClock(T0), log: silentLog, damaged: 'leave' } as const
    expect(() => openStore(deps)).toThrow(expect.objectContaining({ code: 'DATABASE_CORRUPT' }))
    expect(readFileSync(path).equals(damaged)).toBe(true)
    expect(readdirSync(folder).filter((name) => name.includes('corrupt'))).toEqual([])
  })

  it('refuses a symbolic link in place of the database', () => {
    const folder = temporaryFolder()
    const victim = join(temporaryFolder(), 'victim')
    writeFileSync(victim, '')
    symlinkSync(victim, join(folder, 'watch.db'))
    expect(() => open(folder)).toThrow(expect.objectContaining({ code: 'STATE_FOLDER' }))
    expect(readFileSync(victim, 'utf8')).toBe('')
  })

  it('says what a folder in place of the database is, and what to do with it', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'watch.db'))
    expect(() => open(folder)).toThrow(
      expect.objectContaining({
        message: `${join(folder, 'watch.db')} is not a plain file`,
        hint: expect.stringContaining('move it away'),
      }),
    )
  })

  it('says that a file is in place of the state folder, to who asks what was recorded', () => {
    const state = join(temporaryFolder(), 'mcp-watch')
    writeFileSync(state, '')
    expect(() => openArchive({ folder: state })).toThrow(
      expect.objectContaining({ code: 'STATE_FOLDER', message: `${state} is not a folder` }),
    )
  })
})
