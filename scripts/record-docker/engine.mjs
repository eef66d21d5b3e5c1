/** A Docker Engine of the stage's own, with images made of programs of this machine. */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

export const SOCKET = '/run/docker.sock'
const ROOT = '/tmp/root'
const ARCHIVE = '/tmp/root.tar'
const DEADLINE_MS = 30_000
/** vfs works on every file system; the limits are what a process without many rights may hand on. */
const DAEMON = words(`
  --host unix://${SOCKET} --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs
  --default-ulimit nofile=1024:1024 --default-ulimit nproc=1000:1000
`)
/** Says that it runs, and then answers whatever it is told, as servers do. */
const SERVER = '#!/bin/sh\necho ready\nexec cat\n'

/** None of them may have a space inside. */
export function words(text) {
  return text.trim().split(/\s+/)
}

export async function until(condition, what) {
  const end = Date.now() + DEADLINE_MS
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Error(`not within ${DEADLINE_MS} ms: ${what()}`)
    await pause(20)
  }
}

/** @param {string} command Docker's command. */
export async function startEngine(command) {
  let log = ''
  const daemon = spawn('dockerd', DAEMON, { stdio: ['ignore', 'ignore', 'pipe'] })
  daemon.on('error', (error) => {
    log += String(error)
  })
  daemon.stderr.setEncoding('utf8').on('data', (text) => {
    log += text
  })
  await until(
    () => existsSync(SOCKET),
    () => `the engine: ${log}`,
  )
  const run = promisify(execFile)
  const docker = async (...args) => (await run(command, args)).stdout.trim()
  return {
    docker,
    /** Starts it as a client would, and waits for its first line. */
    async open(...args) {
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
      let complaint = ''
      child.stderr.on('data', (text) => {
        complaint += text
      })
      const closed = new Promise((resolve) => child.once('close', resolve))
      const first = new Promise((resolve) => child.stdout.once('data', resolve))
      const end = () => closed.then(() => Promise.reject(new Error(complaint)))
      await Promise.race([first, end()])
      return {
        async close() {
          child.stdin.end()
          await closed
        },
      }
    },
    /** `programs`: names of the server in it; `changes` as in a Dockerfile. */
    async makeImage(name, programs, changes) {
      fillRoot(programs)
      const args = changes.flatMap((each) => ['--change', each])
      await run('tar', ['-C', ROOT, '--owner=0', '--group=0', '-cf', ARCHIVE, '.'])
      await docker('import', ...args, ARCHIVE, name)
    },
    async stop() {
      const ended = new Promise((resolve) => daemon.once('exit', resolve))
      daemon.kill()
      await ended
    },
  }
}

function fillRoot(servers) {
  const programs = ['sh', 'cat', 'sleep'].map((name) => `/bin/${name}`)
  const told = programs.map((program) => execFileSync('ldd', [program], { encoding: 'utf8' }))
  const libraries = told.join('').match(/\/\S+/g) ?? []
  for (const path of [...programs, ...libraries]) {
    mkdirSync(join(ROOT, dirname(path)), { recursive: true })
    cpSync(realpathSync(path), join(ROOT, path))
  }
  for (const name of servers) {
    writeFileSync(join(ROOT, 'bin', name), SERVER)
    chmodSync(join(ROOT, 'bin', name), 0o755)
  }
}
