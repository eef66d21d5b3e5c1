import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeAll, describe, expect, it } from 'vitest'
import { openArchive } from '../../daemon/query/archive.ts'
import { openStore } from '../../daemon/store/store.ts'
import { fixedClock, silentLog, T0, temporaryFolder } from '../unit/store/ticks.ts'

const project = join(import.meta.dirname, '../..')
const ROWS_A_TICK = 60

/** Commits one tick after the other, each of `ROWS_A_TICK` connections, and says so after each. */
const COMMIT_FOR_EVER = `
import { writeSync } from 'node:fs'
import { openStore } from './out/daemon/store/store.js'
import { closed, instance, judged, record, silentLog, T0, tick } from './out/test/unit/store/ticks.js'
const store = openStore({ folder: process.argv[2], clock: { wallMs: () => T0, monotonicMs: () => performance.now() }, log: silentLog })
const files = record('files')
const root = instance(100, [files])
store.commit(tick(T0, { servers: [files] }))
for (let n = 1; ; n += 1) {
  const opened = Array.from({ length: ${ROWS_A_TICK} }, (_, i) => judged(root, n * 1000 + i))
  store.commit(tick(T0 + n, { instances: [root], opened: opened.slice(1), closed: [closed(opened[0], T0 + n)] }))
  writeSync(1, n + '\\n')
}
`

/** The store as JavaScript, because a child process of Node 20 cannot run TypeScript. */
function compileStore(folder: string): void {
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(project, 'tsconfig.json'),
      compilerOptions: { noEmit: false, outDir: 'out', rootDir: project },
      files: ['daemon/store/store.ts', 'test/unit/store/ticks.ts'].map((it) => join(project, it)),
      include: [],
    }),
  )
  const tsc = join(project, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', folder], { cwd: folder, stdio: 'inherit' })
  writeFileSync(join(folder, 'main.js'), COMMIT_FOR_EVER)
}

/** Kills the committing child once it has said so often that it committed; returns the last tick it told of. */
async function killAfter(program: string, folder: string, ticks: number): Promise<number> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  let told = ''
  child.stdout.on('data', (part: Buffer) => {
    told += part.toString()
    if (told.split('\n').length > ticks) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1))
}

describe('kill -9', () => {
  let program: string

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'mcp-watch-build-'))
    compileStore(folder)
    program = join(folder, 'main.js')
    return () => rmSync(folder, { recursive: true, force: true })
  })

  it.each([1, 4, 13, 40, 77])('after %i ticks loses none that was committed', async (ticks) => {
    const folder = join(temporaryFolder(), 'state')
    const last = await killAfter(program, folder, ticks)
    expect(last).toBeGreaterThanOrEqual(ticks)
    // Before anybody could repair anything: the report has to work while no daemon runs.
    const archive = openArchive({ folder, now: () => T0 + 1_000 })
    const { connections } = archive.connections({ from: T0, to: T0 + 1_000 }, {}, 100_000)
    archive.close()
    const store = openStore({ folder, clock: fixedClock(T0), log: silentLog })
    const { lastTickAt, openConnections } = store.memory()
    store.close()
    expect(store.notices).toEqual([])
    const committed = (lastTickAt ?? 0) - T0
    // The tick after the last one told may have been committed before the word got out, and no other.
    expect([last, last + 1]).toContain(committed)
    expect(connections).toHaveLength(committed * ROWS_A_TICK)
    expect(openConnections).toHaveLength(committed * (ROWS_A_TICK - 1))
    const db = new Database(join(folder, 'watch.db'), { readonly: true })
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(db.prepare('SELECT count(*) n FROM connection').get()).toEqual({
      n: committed * ROWS_A_TICK,
    })
    db.close()
  })
})
