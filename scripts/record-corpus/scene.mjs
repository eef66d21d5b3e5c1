/**
 * A scene: a fresh home, a fresh process table, a host that starts programs in it as ada. Everything ends with `end()`.
 * Runs inside of stage.sh's namespaces.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { speakWith } from './host-channel.mjs'

export const HOME = '/home/ada'
export const PROJECT = `${HOME}/project`
export const UID = 1000
const RECORDER = '/opt/mcp-watch/scripts/record-corpus'
const REPORTS = '/run/mcp-record'
const PATH = `/opt/clients/bin:/opt/tools/bin:${HOME}/.local/bin:/opt/node/bin:/usr/local/bin:/usr/bin:/bin`
const ENVIRONMENT = {
  HOME,
  PATH,
  USER: 'ada',
  LOGNAME: 'ada',
  SHELL: '/bin/bash',
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
}
/** An installation from a registry on loopback. */
const RUN_MS = 90_000
const LOOK_MS = 20

export const scenePath = PATH
export const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK_MS))

/** Whether the scene's user can be another one than who runs the recorder: only root can. */
const canChangeUser = spawnSync('setpriv', ['--reuid', `${UID}`, 'true']).status === 0
const AS_ADA = canChangeUser
  ? ['setpriv', '--reuid', `${UID}`, '--regid', `${UID}`, '--clear-groups', '--']
  : ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--']

function write(path, text, mode = 0o644) {
  const missing = []
  for (let folder = dirname(path); folder.startsWith(`${HOME}/`); folder = dirname(folder))
    missing.unshift(folder)
  for (const folder of missing) {
    mkdirSync(folder, { recursive: true })
    own(folder)
  }
  writeFileSync(path, text, { mode })
  own(path)
}

function own(path) {
  if (canChangeUser) chownSync(path, UID, UID)
}

function freshHome() {
  rmSync(HOME, { recursive: true, force: true })
  mkdirSync(PROJECT, { recursive: true })
  for (const folder of [HOME, PROJECT]) own(folder)
  for (const name of readdirSync(REPORTS)) rmSync(join(REPORTS, name))
}

/** The one child that unshare(1) has: the scene's first process, by the number that the recorder knows it by. */
async function firstProcess(unshare) {
  for (;;) {
    const [pid] = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').split(' ')
    if (pid) return Number(pid)
    await pause()
  }
}

/** @param {(url: string) => (request: object, response: object) => void} registry */
export async function openScene(registry) {
  freshHome()
  const server = createServer((request, response) => answer(request, response))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${server.address().port}`
  const answer = registry(base)
  for (const [path, text] of Object.entries(settings(base))) write(join(HOME, path), text)

  const unshare = spawn(
    'unshare',
    [
      '--pid',
      '--mount',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sh',
      `${RECORDER}/init.sh`,
    ].concat(AS_ADA, 'node', `${RECORDER}/scene-host.mjs`),
    { env: ENVIRONMENT, cwd: HOME, stdio: ['pipe', 'pipe', 'inherit'] },
  )
  unshare.stdin.on('error', () => {})
  const host = speakWith(unshare)
  await host.ready
  const init = await firstProcess(unshare.pid)

  const start = (command, args, options = {}) =>
    host.ask('start', { command, args, cwd: PROJECT, ...options }).then(({ pid }) => pid)

  return {
    home: HOME,
    tools: '/opt/tools',
    registry: { npm: `${base}/npm/`, pypi: `${base}/pypi/simple/`, held: `${base}/held/` },
    /** The scene's process table, as a folder. */
    procRoot: join(`/proc/${init}`, 'root', 'proc'),
    init,
    write: async (path, text, mode) => write(path, text, mode),
    /** Starts something and leaves it running; gives its pid. */
    start,
    /** Starts it with a number that is free: the scene's namespace takes the next after the last it gave. */
    startAs: (pid, words) =>
      new Promise((resolve, reject) => {
        const line = `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid; setsid "$@" >/dev/null 2>&1 </dev/null &`
        const enter = ['--target', `${init}`, '--pid', '--mount', 'sh', '-c', line, 'sh']
        const child = spawn('nsenter', [...enter, ...AS_ADA, ...words], { env: ENVIRONMENT })
        child.once('error', reject).once('close', resolve)
      }),
    async run(command, args, options = {}) {
      const pid = await start(command, args, { stdin: 'ignore', ...options })
      const { code, stdout, stderr } = await closed(host, pid)
      if (code === 0) return stdout
      throw new Error(`${command} ${args.join(' ')}: ended with ${code}: ${stderr || stdout}`)
    },
    signal: (pid, signal) => host.ask('signal', { pid, signal }),
    output: (pid) => host.output(pid),
    reports: readReports,
    async end() {
      unshare.kill('SIGKILL')
      await host.ended
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(HOME, { recursive: true, force: true })
    },
  }
}

async function closed(host, pid) {
  const deadline = Date.now() + RUN_MS
  while (host.output(pid).code === undefined) {
    if (Date.now() > deadline) throw new Error(`process ${pid} of the scene does not end`)
    await pause()
  }
  return host.output(pid)
}

/** Where the package managers find their registry; clients hand few variables on to servers, files reach them all. */
function settings(base) {
  return {
    '.npmrc': `registry=${base}/npm/\nupdate-notifier=false\nfund=false\naudit=false\n`,
    '.config/pip/pip.conf': `[global]\nindex-url = ${base}/pypi/simple/\ndisable-pip-version-check = true\n`,
    '.config/uv/uv.toml': `[[index]]\nurl = "${base}/pypi/simple/"\ndefault = true\n`,
  }
}

/** What servers told of themselves: `{pid, self, args}` each. One that is being written is left to the next look. */
function readReports() {
  return readdirSync(REPORTS).flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(REPORTS, name), 'utf8'))]
    } catch {
      return []
    }
  })
}
