/** The program as a user runs it, in a home where no client has configured anything. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { daemonFileSchema, eventSchema, statusSchema } from '../../shared/contract/answers.ts'
import { type Report, reportSchema } from '../../shared/contract/report.ts'
import { type CliRun, cli, MAIN, startCli } from '../helpers/cli.ts'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'

let home: TempHome
let daemon: CliRun | null

beforeEach(() => {
  home = tempHome()
  daemon = null
})

afterEach(async () => {
  daemon?.child.kill('SIGKILL')
  await daemon?.ended()
  endDetached()
  home.remove()
})

/** By the pid in daemon.json, which only a daemon of this very home can have written. */
function endDetached(): void {
  const file = join(home.stateFolder, 'daemon.json')
  if (!existsSync(file)) return
  try {
    process.kill(daemonFileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** As ps(1) tells it: empty when gone, Z when ended and only not yet waited for by its parent. */
function stateOf(pid: number): string {
  const told = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return told.stdout.trim()
}

async function startDaemon(...args: string[]): Promise<CliRun> {
  daemon = startCli(['start', ...args], home.env)
  const run = daemon
  await waitFor(() => run.lines().length > 0 || run.child.exitCode !== null, {
    what: () => `the first event (${run.stderr})`,
    deadlineMs: 20_000,
  })
  return run
}

describe('start', () => {
  it('lists the clients it knows when nothing is configured, and keeps watching', async () => {
    const run = await startDaemon()
    const [started] = run.lines()
    expect(started).toMatchObject({ event: 'started', pid: run.child.pid, configurations: [] })
    expect(started?.['clients']).toEqual(expect.arrayContaining([expect.stringMatching(/cursor/i)]))
    const { code, stdout } = await cli(['status', '--json'], home.env)
    expect(code).toBe(0)
    expect(statusSchema.parse(JSON.parse(stdout)).daemon.pid).toBe(run.child.pid)
    expect(run.child.exitCode).toBeNull()
  })

  it('notices a configuration that was not there when it started', async () => {
    const run = await startDaemon()
    home.write('.cursor/mcp.json', '{"mcpServers":{"notes":{"command":"notes-server"}}}')
    // Clients that happen to run on this machine may have configurations of their own.
    const file = home.join('.cursor/mcp.json')
    const noticed = () =>
      run.lines().some((line) => {
        const event = eventSchema.parse(line)
        if (event.event !== 'configuration') return false
        return event.configurations.some((found) => found.file === file && found.servers === 1)
      })
    await waitFor(noticed, {
      what: () => `the new configuration in ${run.stdout}`,
      deadlineMs: 20_000,
    })
  })

  it('ends with 3 and the pid of the daemon that runs already', async () => {
    const run = await startDaemon()
    const second = await cli(['start'], home.env)
    expect(second.code).toBe(3)
    expect(second.stderr).toContain(String(run.child.pid))
    expect(run.child.exitCode).toBeNull()
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends cleanly with 0 on %s', async (signal) => {
    const run = await startDaemon()
    run.child.kill(signal)
    expect(await run.ended()).toBe(0)
    expect(run.stderr).toBe('')
    expect(existsSync(join(home.stateFolder, 'daemon.json'))).toBe(false)
    expect((await cli(['status'], home.env)).code).toBe(3)
  })

  it('runs in the background until it is stopped', async () => {
    const detached = await cli(['start', '--detach'], home.env)
    expect(detached).toMatchObject({ code: 0 })
    const { stdout } = await cli(['status', '--json'], home.env)
    const { pid } = statusSchema.parse(JSON.parse(stdout)).daemon
    expect(detached.stdout).toContain(String(pid))
    expect((await cli(['stop'], home.env)).code).toBe(0)
    expect(stateOf(pid)).toMatch(/^(Z.*)?$/)
    expect((await cli(['stop'], home.env)).code).toBe(3)
  })
})

describe('report', () => {
  it('ends with 3 where nothing was ever recorded', async () => {
    const { code, stdout, stderr } = await cli(['report'], home.env)
    expect(code).toBe(3)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^mcp-watch: .+\n/)
  })

  it('gives the same answer with the daemon running and stopped', async () => {
    home.write('.cursor/mcp.json', '{"mcpServers":{"notes":{"url":"https://mcp.example/sse"}}}')
    const run = await startDaemon()
    const report = async (): Promise<Report> => {
      const { stdout } = await cli(['report', '--json'], home.env)
      return reportSchema.parse(JSON.parse(stdout))
    }
    const running = await waitFor(
      async () => {
        const now = await report().catch(() => null)
        return now !== null && now.coverage.engines.length > 0 ? now : null
      },
      { what: 'a first report', deadlineMs: 20_000, everyMs: 200 },
    )
    run.child.kill('SIGINT')
    await run.ended()
    const stopped = await report()
    const ours = ({ servers }: Report) =>
      servers.filter(({ source }) => source.startsWith(home.path))
    expect(ours(stopped)).toEqual(ours(running))
    expect(ours(stopped)).toMatchObject([{ client: 'cursor', name: 'notes', state: 'remote' }])
    expect(stopped.findings).toEqual(running.findings)
    const engines = ({ coverage }: Report) => new Set(coverage.engines.map(({ name }) => name))
    expect(engines(stopped)).toEqual(engines(running))
  })
})

describe('wrong usage', () => {
  it('suggests the command that was meant', async () => {
    const { code, stdout, stderr } = await cli(['reprot'], home.env)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/\breport\b/)
  })
})

const noTmux = spawnSync('tmux', ['-V']).status !== 0

describe.skipIf(noTmux)(`on a terminal${noTmux ? ' (needs tmux)' : ''}`, () => {
  it('draws a table with the configured server and leaves the terminal on Ctrl-C', async () => {
    home.write('.cursor/mcp.json', '{"mcpServers":{"notes":{"command":"notes-server"}}}')
    const terminal = { TERM: 'xterm-256color', SHELL: '/bin/sh', TMUX_TMPDIR: home.join('tmp') }
    const env = { ...home.env, ...terminal }
    const tmux = (...args: string[]): string =>
      execFileSync('tmux', ['-L', 'watch', '-f', '/dev/null', ...args], { env, encoding: 'utf8' })
    // The shell outlives Ctrl-C, which reaches it as well, and tells the exit code.
    const start = `"${process.execPath}" "${MAIN}" start`
    const command = `trap : INT; ${start}; echo "ended with $?"; exec sleep 60`
    tmux('new-session', '-d', '-x', '120', '-y', '40', command)
    try {
      const screen = (pattern: RegExp): Promise<string> =>
        waitFor(
          () => {
            const text = tmux('capture-pane', '-p')
            return pattern.test(text) ? text : null
          },
          {
            what: () => `${pattern} on the screen:\n${tmux('capture-pane', '-p')}`,
            deadlineMs: 20_000,
          },
        )
      expect(await screen(/notes/)).toMatch(/cursor/i)
      tmux('send-keys', 'C-c')
      await screen(/ended with 0/)
    } finally {
      // Not there any more when the pane could not be started: that failure is the one to show.
      spawnSync('tmux', ['-L', 'watch', 'kill-server'], { env })
    }
  })
})
