/** Where a daemon can be reached and whose it is: its port and token, and sudo. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { daemonFileSchema, healthSchema } from '../../shared/contract/answers.ts'
import { type CliRun, cli, MAIN, startCli } from '../helpers/cli.ts'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'

let home: TempHome
let run: CliRun | null

beforeEach(() => {
  home = tempHome()
  run = null
})

afterEach(async () => {
  run?.child.kill('SIGTERM')
  await run?.ended()
  home.remove()
})

const daemonFile = () =>
  daemonFileSchema.parse(JSON.parse(readFileSync(join(home.stateFolder, 'daemon.json'), 'utf8')))

const begun = (): Promise<unknown> =>
  waitFor(() => existsSync(join(home.stateFolder, 'daemon.json')), {
    what: () => `the daemon runs (${run?.stderr})`,
    deadlineMs: 30_000,
  })

function ask(port: number, headers: Record<string, string>) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/api/v1/health', headers, agent: false }
    request(options, (answer) => {
      let body = ''
      answer.on('data', (part) => {
        body += String(part)
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
      .on('error', reject)
      .end()
  })
}

it('answers on its port, which daemon.json has, to whoever brings the token', async () => {
  run = startCli(['start'], home.env)
  await begun()
  const { port, pid } = daemonFile()
  expect(port).toBeGreaterThan(0)
  const tokenFile = join(home.stateFolder, 'token')
  expect(statSync(tokenFile).mode & 0o777).toBe(0o600)
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`
  const answer = await ask(port ?? 0, { authorization })
  expect(healthSchema.parse(JSON.parse(answer.body)).pid).toBe(pid)
  expect((await ask(port ?? 0, {})).status).toBe(401)
  expect((await ask(port ?? 0, { authorization, host: 'rebound.example' })).status).toBe(403)
  // A second one would be for another user; the port is then any other.
  const other = tempHome()
  const second = startCli(['start'], other.env)
  try {
    const file = join(other.stateFolder, 'daemon.json')
    await waitFor(() => existsSync(file), { what: () => second.stderr, deadlineMs: 30_000 })
    const moved = daemonFileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).port
    expect(moved).toBeGreaterThan(0)
    expect(moved).not.toBe(port)
  } finally {
    second.child.kill('SIGTERM')
    await second.ended()
    other.remove()
  }
})

it('is on no port with --port 0, and makes no token', async () => {
  run = startCli(['start', '--port', '0'], home.env)
  await begun()
  expect(daemonFile().port).toBeNull()
  expect(existsSync(join(home.stateFolder, 'token'))).toBe(false)
})

it('ends with 3 where the wanted port is taken, with 2 where it is none', async () => {
  run = startCli(['start'], home.env)
  await begun()
  const other = tempHome()
  try {
    const taken = await cli(['start', '--port', String(daemonFile().port)], other.env)
    expect(taken).toMatchObject({ code: 3 })
    expect(taken.stderr).toContain('is not free')
    expect(existsSync(join(other.stateFolder, 'daemon.json'))).toBe(false)
    expect(await cli(['start', '--port', '65536'], other.env)).toMatchObject({ code: 2 })
  } finally {
    other.remove()
  }
})

const canMount =
  process.platform === 'linux' &&
  process.geteuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'true']).status === 0

/** A namespace in which the system knows one more user, whose home folder is the test's. */
it.skipIf(!canMount)(
  'under sudo watches the home of its user, and all files there stay theirs (needs root)',
  async () => {
    const uid = 54_321
    const passwd = home.join('passwd')
    const line = `ada:x:${uid}:${uid}::${home.path}:/bin/sh\n`
    writeFileSync(passwd, `${readFileSync('/etc/passwd', 'utf8')}${line}`, { mode: 0o644 })
    home.write(
      '.cursor/mcp.json',
      JSON.stringify({ mcpServers: { mine: { command: 'true', args: [] } } }),
    )
    execFileSync('chown', ['-R', `${uid}:${uid}`, home.path])
    chownSync(home.path, uid, uid)
    // As sudo leaves the environment: root's home, and no folders of the user's.
    const env = {
      PATH: home.env['PATH'] ?? '',
      HOME: '/root',
      SUDO_UID: String(uid),
      SUDO_USER: 'ada',
    }
    const words = `mount --bind "$0" /etc/passwd && exec "$@"`
    const args = ['--mount', 'sh', '-c', words, passwd, process.execPath, MAIN, 'start']
    const child = spawn('unshare', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (part) => {
        said += String(part)
      })
    }
    try {
      await waitFor(
        () => existsSync(join(home.stateFolder, 'daemon.json')) && said.includes('\n'),
        {
          what: () => said,
          deadlineMs: 30_000,
        },
      )
      expect(said).toContain('"client":"cursor"')
      const made = readdirSync(home.path, { recursive: true, encoding: 'utf8' })
      expect(made.some((path) => path.endsWith('watch.db-wal'))).toBe(true)
      for (const path of made) expect(statSync(home.join(path)).uid, path).toBe(uid)
      // Back to root, or other users' processes could not be read. It is the user for moments, while it writes.
      const status = (): string => readFileSync(`/proc/${child.pid}/status`, 'utf8')
      await waitFor(() => /^Uid:\t0\t0\t0\t0$/m.test(status()), {
        what: () => `it is root again: ${status()}`,
        deadlineMs: 20_000,
      })
      const ofRoot = join(userInfo().homedir, '.local/state/mcp-watch/daemon.json')
      expect(existsSync(ofRoot)).toBe(false)
    } finally {
      child.kill('SIGTERM')
      await waitFor(() => child.exitCode !== null || child.signalCode !== null, {
        what: () => said,
        deadlineMs: 30_000,
      })
    }
    expect(child.exitCode).toBe(0)
    expect(existsSync(join(home.stateFolder, 'daemon.json'))).toBe(false)
  },
)
