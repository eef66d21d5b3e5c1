/** Records the answers of Docker anew, with the engine that is on this machine: what was asked then must be what is kept. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspectSchema, parseAs } from '../../daemon/containers/answers.ts'
import { bearsNumber } from '../../daemon/containers/sight.ts'
import { dockerObstacle } from '../helpers/docker.ts'
import { PROJECT } from '../helpers/lab.ts'
import { SCENES } from '../unit/containers/recorded.ts'

const obstacle = dockerObstacle()
const title = 'the recorder of what Docker answers'
const PATIENCE_MS = 240_000

describe.skipIf(obstacle !== null)(obstacle === null ? title : `${title} (${obstacle})`, () => {
  let out = ''
  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'mcpw-docker-'))
  })
  afterAll(() => rmSync(out, { recursive: true, force: true }))

  it('writes every container of the scene, and no value of an environment', () => {
    const script = join(PROJECT, 'scripts/record-docker.mjs')
    const { status, stderr } = spawnSync(process.execPath, [script, '--out', out], {
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    })
    expect(status, stderr).toBe(0)
    const [folder = ''] = readdirSync(out)
    expect(folder).toMatch(/^docker-\d+\.\d+\.\d+$/)
    const read = (name: string): string => readFileSync(join(out, folder, name), 'utf8')
    const containers = JSON.parse(read('containers.json'))
    expect(Object.keys(containers)).toEqual(SCENES)
    const answers = JSON.parse(read('answers.json'))
    for (const [name, { id, process }] of Object.entries<(typeof containers)[string]>(containers)) {
      const path = Object.keys(answers).find((each) => each.includes(id)) ?? ''
      const told = parseAs(inspectSchema, JSON.stringify(answers[path]))
      expect(told?.Id, name).toBe(id)
      expect(process !== null && bearsNumber(process.cgroup, id), name).toBe(told?.State.Running)
    }
    const events: string[] = JSON.parse(read('events.json'))
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({
      Action: 'destroy',
      Actor: { ID: containers.fetch.id },
    })
    const all = ['answers.json', 'containers.json', 'events.json'].map(read).join('')
    expect(all).toContain('FETCH_TOKEN=planted-value')
    expect(all).not.toContain('made-up-secret')
  })
})
