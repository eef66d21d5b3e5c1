/**
 * Records a few cases of the corpus anew, with what is on this machine, by chance: servers' names, packages and arguments,
 * launchers, decoys. What mcp-watch makes of them is compared as for the cases that are kept.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caseSchema } from '../corpus/case.ts'
import { checkCase } from '../corpus/check.ts'
import { labObstacle, PROJECT } from '../helpers/lab.ts'

const SAMPLE = 10
const PATIENCE_MS = 240_000
/** The packages that the stand-in is recognised by, as npm would install them. */
const PACKAGES = { qwen: '@qwen-code/qwen-code', mcporter: 'mcporter' }

const obstacle = labObstacle()
const title = 'the recorder of the corpus'

describe.skipIf(obstacle !== null)(obstacle === null ? title : `${title} (${obstacle})`, () => {
  const seed = String(randomInt(2 ** 31))
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpw-recorder-'))
    // The scene's user is another one, where the tester is root.
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'clients/bin'), { recursive: true })
    for (const [bin, name] of Object.entries(PACKAGES)) {
      const place = join(folder, 'clients/lib/node_modules', name)
      mkdirSync(place, { recursive: true })
      const program = join(place, 'cli.mjs')
      copyFileSync(join(PROJECT, 'test/helpers/stand-in-client.mjs'), program)
      chmodSync(program, 0o755)
      writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version: '0.0.0' }))
      const link = join('../lib/node_modules', name, 'cli.mjs')
      symlinkSync(link, join(folder, 'clients/bin', bin))
    }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it(`finds in ${SAMPLE} new cases what was started (seed ${seed})`, async () => {
    const out = join(folder, 'cases')
    const said = await record(['--clients', join(folder, 'clients'), '--out', out, '--seed', seed])
    const files = readdirSync(out)
    expect(files.length, said).toBe(SAMPLE)
    for (const file of files) {
      const recorded = caseSchema.parse(JSON.parse(readFileSync(join(out, file), 'utf8')))
      const { faults, picture } = checkCase(recorded)
      expect(faults, `${file}\n${picture}`).toEqual([])
    }
  })

  it('leaves no process behind', () => {
    expect(commandLines().filter((line) => line.includes(`{"seed":${seed},`))).toEqual([])
  })
})

/** What it said of each case. */
function record(options: readonly string[]): Promise<string> {
  const script = join(PROJECT, 'scripts/record-corpus.mjs')
  const recorder = spawn(process.execPath, [script, '--sample', String(SAMPLE), ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  let said = ''
  recorder.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return new Promise((resolve, reject) => {
    recorder.once('error', reject)
    recorder.once('close', () => resolve(said))
  })
}

function commandLines(): readonly string[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, 'utf8')] : []
    } catch {
      return []
    }
  })
}
