import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findTool, runTool, runToolAs } from '../../daemon/capture/run-tool.ts'
import { waitFor } from '../helpers/wait-for.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-watch-tool-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function script(name: string, body: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o755)
  return path
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('runTool', () => {
  it('gives output, code and arguments as they are, without a shell between', async () => {
    const path = script('echo', 'printf "%s|" "$@"; echo oops >&2; exit 3')
    const result = await runTool(path, ['a b', '$HOME', ';exit 9', "'"])
    expect(result).toMatchObject({
      stdout: "a b|$HOME|;exit 9|'|",
      stderr: 'oops\n',
      code: 3,
      signal: null,
      timedOut: false,
      truncated: false,
    })
  })

  it('hands over no environment but LC_ALL, unless told', async () => {
    const env = findTool('env') ?? '/usr/bin/env'
    expect((await runTool(env, [])).stdout).toBe('LC_ALL=C\n')
    expect((await runTool(env, [], { env: { A: '1' } })).stdout).toBe('A=1\n')
  })

  it('kills a tool that hangs, with what it started', async () => {
    const path = script('hang', 'sleep 600 & echo $!; wait')
    const result = await runTool(path, [], { timeoutMs: 300 })
    expect(result).toMatchObject({ timedOut: true, code: null, signal: 'SIGKILL' })
    expect(result.elapsedMs).toBeLessThan(5_000)
    const sleeper = Number(result.stdout)
    expect(sleeper).toBeGreaterThan(1)
    await waitFor(() => !isAlive(sleeper), { what: 'its own child is gone', deadlineMs: 10_000 })
  })

  it('is not held up by a program that left the group and keeps the pipe open', async () => {
    const setsid = findTool('setsid')
    const path = script('escape', `${setsid} sh -c 'echo $$; exec sleep 600' & wait`)
    const result = await runTool(path, [], { timeoutMs: 300 })
    expect(result.timedOut).toBe(true)
    expect(result.elapsedMs).toBeLessThan(5_000)
    process.kill(Number(result.stdout), 'SIGKILL')
  })

  it('cuts a tool off that says too much', async () => {
    const path = script('flood', 'while :; do echo 0123456789; done')
    const result = await runTool(path, [], { maxBytes: 1_000, timeoutMs: 20_000 })
    expect(result).toMatchObject({ truncated: true, timedOut: false })
    expect(result.stdout).toHaveLength(1_000)
  })

  it('stops at once when told to', async () => {
    const abort = new AbortController()
    const running = runTool(script('wait', 'exec sleep 600'), [], { abort: abort.signal })
    abort.abort()
    expect(await running).toMatchObject({ signal: 'SIGKILL', timedOut: false })
  })

  it.skipIf(process.getuid?.() !== 0)(
    'runs a tool as another user, with none of the rights of root (needs root)',
    async () => {
      const id = findTool('id') ?? '/usr/bin/id'
      const asNobody = runToolAs({ uid: 65_534, gid: 65_534 })
      const said = async (option: string): Promise<string> =>
        (await asNobody(id, [option])).stdout.trim()
      expect([await said('-u'), await said('-G')]).toEqual(['65534', '65534'])
      const reads = await asNobody(findTool('cat') ?? '/bin/cat', ['/etc/shadow'])
      expect([reads.code, reads.stdout]).toEqual([1, ''])
      expect((await runToolAs(null)(id, ['-u'])).stdout.trim()).toBe('0')
    },
  )

  it('rejects a tool that cannot be started', async () => {
    const missing = runTool(join(folder, 'none'), [])
    await expect(missing).rejects.toMatchObject({ code: 'TOOL_MISSING' })
    const plain = join(folder, 'plain')
    writeFileSync(plain, 'no program')
    await expect(runTool(plain, [])).rejects.toMatchObject({ code: 'TOOL_FAILED' })
    await expect(runTool('sh', [])).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

describe('findTool', () => {
  it('looks only into absolute folders, for a plain name that can be run', () => {
    const path = script('findme', 'exit 0')
    writeFileSync(join(folder, 'data'), '')
    expect(findTool('findme', ['relative', folder])).toBe(path)
    expect(findTool('data', [folder])).toBeNull()
    expect(findTool('../findme', [folder])).toBeNull()
    expect(findTool('findme')).toBeNull()
    expect(findTool('sh')).toMatch(/^\/.*\/sh$/)
  })
})
