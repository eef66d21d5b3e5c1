import { describe, expect, it } from 'vitest'
import { managerOf } from '../../../daemon/names/manager.ts'
import type { Process } from '../../../shared/model/process.ts'
import { makeProcess } from '../connections/build.ts'

const managed = (over: Partial<Process>) => managerOf(makeProcess(1, 0, over))
const script = (realPath: string, name: string | null): Process['script'] => ({
  path: realPath,
  realPath,
  package: name === null ? null : { ecosystem: 'npm', name, version: null },
})

describe('managerOf', () => {
  it('knows npm by its script, by its title once it has rewritten it, and pnpm', () => {
    const npx = script('/usr/lib/node_modules/npm/bin/npx-cli.js', 'npm')
    expect(managed({ script: npx })).toBe('npm')
    expect(managed({ argv: ['npm exec @scope/pkg /dir'], argvForm: 'rewritten' })).toBe('npm')
    expect(managed({ executable: null, argv: ['node /usr/local/bin/npx -y pkg'] })).toBe('npm')
    expect(managed({ script: script('/opt/pnpm/bin/pnpm.cjs', 'pnpm') })).toBe('npm')
    expect(managed({ executable: '/opt/pnpm', argv: ['pnpm', 'dlx', 'pkg'] })).toBe('npm')
  })

  it('does not take a script for npm because it calls itself so', () => {
    const evil = script('/tmp/evil.js', 'evil')
    expect(managed({ script: evil, argv: ['npm exec pkg'] })).toBe('unknown')
  })

  it('expects no fetching of shells and wrappers, whatever their title', () => {
    expect(managed({ executable: '/usr/bin/dash', argv: ['npm exec pkg'] })).toBe('none')
    expect(managed({ executable: '/usr/bin/env (deleted)', argv: ['env', 'npx'] })).toBe('none')
  })

  it('knows nothing of the others', () => {
    expect(managed({ executable: '/usr/bin/uv', argv: ['uvx', 'pkg'] })).toBe('unknown')
    expect(managed({ executable: '/usr/bin/docker', argv: ['docker', 'run'] })).toBe('unknown')
    expect(managed({ executable: null, argv: [] })).toBe('unknown')
  })
})
