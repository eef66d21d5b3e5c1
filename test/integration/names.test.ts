import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findTool, runTool } from '../../daemon/capture/run-tool.ts'
import { askNpm } from '../../daemon/names/ask-npm.ts'

const execPath = process.execPath

describe('askNpm with the real npm', () => {
  let home = ''
  let project = ''
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'names-'))
    project = join(home, 'project', 'src')
    await mkdir(project, { recursive: true })
    await writeFile(join(home, 'project', 'package.json'), '{"name":"p"}')
  })
  afterEach(async () => {
    await rm(home, { recursive: true, force: true })
  })
  const ask = async () => {
    // What this machine sets for everybody must not matter here.
    const env = { PATH: process.env['PATH'], npm_config_globalconfig: join(home, 'none') }
    const targets = await askNpm({ runTool, findTool, env, home, execPath }, project)
    return targets?.map(({ host, port, kind }) => `${kind} ${host} ${port}`).toSorted()
  }

  it('learns registries and proxies of the user and of the project', async () => {
    await writeFile(
      join(home, '.npmrc'),
      'registry=http://user.test:81/\nproxy=http://p.test:3128\n',
    )
    await writeFile(join(home, 'project', '.npmrc'), '@acme:registry=https://acme.test/npm/\n')
    expect(await ask()).toEqual([
      'proxy p.test 3128',
      'registry acme.test 443',
      'registry user.test 81',
    ])
  })

  it('also learns those that npm does not tell because they hold a password', async () => {
    await writeFile(join(home, '.npmrc'), 'proxy=http://u:secret@p.test:3128\n')
    await writeFile(join(home, 'project', '.npmrc'), 'registry=http://u:secret@project.test:82/\n')
    expect(await ask()).toEqual(['proxy p.test 3128', 'registry project.test 82'])
  })

  it('leaves no log behind', async () => {
    await ask()
    const files = await readdir(home, { recursive: true })
    expect(files.filter((name) => name.endsWith('.log'))).toEqual([])
  })
})
