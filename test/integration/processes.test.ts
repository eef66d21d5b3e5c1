/** The process sources on real processes of this machine. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  copyFileSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import psList from 'ps-list'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Clock, ProcessSource } from '../../daemon/ports.ts'
import { createPackages } from '../../daemon/processes/packages.ts'
import { createProcSource } from '../../daemon/processes/proc-source.ts'
import { createPsSource } from '../../daemon/processes/ps-source.ts'
import { createUsageSource } from '../../daemon/processes/usage-source.ts'
import type { Process } from '../../shared/model/process.ts'

const isLinux = process.platform === 'linux'
const isRoot = process.getuid?.() === 0
const NOBODY_UID = 65_534
const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
const children: ChildProcess[] = []
const strays: number[] = []
let folder: string

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mcpw-processes-')))
  chmodSync(folder, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(async () => {
  for (const pid of strays.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Ended by itself.
    }
  }
  await Promise.all(children.splice(0).map(end))
})

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

function run(
  command: string,
  args: readonly string[],
  options: { uid?: number } = {},
): ChildProcess & { pid: number } {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: folder,
    ...options,
  })
  children.push(child)
  if (child.pid === undefined) throw new Error(`${command} did not start`)
  return Object.assign(child, { pid: child.pid })
}

/** The first line the child writes: it is then where the test wants it. */
function line(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the child ended before it wrote a line')))
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim()))
  })
}

function script(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

/** Samples until `test` holds for the process, for up to 10 s. */
async function until(
  source: ProcessSource,
  pid: number,
  test: (process: Process) => boolean,
): Promise<Process> {
  const deadline = performance.now() + 10_000
  for (;;) {
    const found = (await source.sample(new Set([pid]))).processes.get(pid)
    if (found !== undefined && test(found)) return found
    if (performance.now() > deadline)
      throw new Error(`not so within 10 s: ${JSON.stringify(found)}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const STAY = 'process.stdin.resume(); console.log("up")'

describe.skipIf(!isLinux)('the source of Linux (needs /proc)', () => {
  let source: ProcessSource
  beforeEach(() => {
    source = createProcSource({
      clock,
      packages: createPackages(clock),
      ownUid: process.getuid?.() ?? -1,
    })
  })

  it('tells a node child as it was started', async () => {
    writeFileSync(join(folder, 'package.json'), '{"name": "real-one", "version": "0.1.0"}')
    const file = script('server.js', STAY)
    const before = Date.now()
    const child = run(process.execPath, ['server.js', '--dir', '', '/with space'])
    await line(child)
    const found = await until(source, child.pid, () => true)
    expect(found).toMatchObject({
      ppid: process.pid,
      uid: process.getuid?.(),
      epoch: 0,
      executable: realpathSync(process.execPath),
      argv: [process.execPath, 'server.js', '--dir', '', '/with space'],
      argvForm: 'given',
      argvBytes: process.execPath.length + 1 + 'server.js --dir  /with space '.length,
      cwd: folder,
      script: { path: file, realPath: file, package: { name: 'real-one', version: '0.1.0' } },
      readable: true,
    })
    // Node gives its children socket pairs, which is a socket as much as a pipe for a client.
    expect(found.stdin).toBe('socket')
    expect(found.stdout).toBe('socket')
    expect(found.netns).toMatch(/^net:\[\d+\]$/)
    expect(Math.abs(found.startedAt - before)).toBeLessThan(2_000)
    // Ourselves and our parents are there too, and none of the kernel's threads.
    const { processes } = await source.sample(new Set())
    expect(processes.get(process.pid)?.executable).toBe(realpathSync(process.execPath))
    expect(processes.has(process.ppid)).toBe(true)
  })

  it('begins a new epoch when a shell executes another program in its own place', async () => {
    const child = run('sh', ['-c', 'read line; exec sleep 300'])
    const shell = await until(source, child.pid, (found) => found.argv[0] === 'sh')
    expect(shell.argv).toEqual(['sh', '-c', 'read line; exec sleep 300'])
    child.stdin?.write('go\n')
    const sleep = await until(source, child.pid, (found) => found.argv[0] === 'sleep')
    expect(sleep).toMatchObject({ epoch: shell.epoch + 1, startTicks: shell.startTicks })
    expect(sleep.argv).toEqual(['sleep', '300'])
    expect(sleep.executable).not.toBe(shell.executable)
  })

  it('begins a new epoch when a program executes itself with other arguments', async () => {
    const child = run('sh', ['-c', 'read line; exec sh -c "read line"'])
    const first = await until(source, child.pid, (found) => found.argv[0] === 'sh')
    child.stdin?.write('go\n')
    const second = await until(source, child.pid, (found) => found.epoch > first.epoch)
    expect(second.argv).toEqual(['sh', '-c', 'read line'])
    expect(second.executable).toBe(first.executable)
  })

  it('keeps the arguments of a process that renames itself, and knows a title by its form', async () => {
    const title = 'npm exec some-package /dir'
    const file = script(
      'title.js',
      `process.stdin.once('data', () => { process.title = '${title}'; console.log('done') }); console.log('up')`,
    )
    const args = [file, '-y', '--', 'some-package', '/dir', 'padding'.repeat(9)]
    const child = run(process.execPath, args)
    await line(child)
    const before = await until(source, child.pid, () => true)
    child.stdin?.write('go\n')
    await line(child)
    const after = await until(source, child.pid, () => true)
    expect(after).toMatchObject({ key: before.key, argvForm: 'given' })
    expect(after.argv).toEqual([process.execPath, ...args])

    const late = createProcSource({ clock, packages: createPackages(clock), ownUid: 0 })
    const seenLate = await until(late, child.pid, () => true)
    expect(seenLate).toMatchObject({ argv: [title], argvForm: 'rewritten', script: null })
    expect(seenLate.argvBytes).toBe([process.execPath, ...args].join(' ').length + 1)
  })

  it('tells that an orphan has another parent', async () => {
    const child = run('sh', ['-c', 'sleep 300 <&0 & echo $!; read line'])
    const orphan = Number(await line(child))
    strays.push(orphan)
    const before = await until(source, orphan, (found) => found.argv[0] === 'sleep')
    expect(before.ppid).toBe(child.pid)
    await end(child)
    const after = await until(source, orphan, (found) => found.ppid !== child.pid)
    expect(after.key).toBe(before.key)
  })

  it('leaves an ended process out', async () => {
    const child = run('sleep', ['300'])
    await until(source, child.pid, () => true)
    await end(child)
    const { processes } = await source.sample(new Set([child.pid]))
    expect(processes.has(child.pid)).toBe(false)
  })

  it('says that a program we may run but not read is unreadable', async () => {
    // A file without read permission makes its process non-dumpable (execve(2), proc(5)). Root may read every file,
    // so as root both the child and our looking at it are another user's.
    const file = join(folder, 'locked')
    copyFileSync(execFileSync('sh', ['-c', 'command -v sleep']).toString().trim(), file)
    chmodSync(file, isRoot ? 0o711 : 0o111)
    const child = run(file, ['300'], isRoot ? { uid: NOBODY_UID } : {})
    const found = await asUser(isRoot ? NOBODY_UID : null, async (uid) => {
      const looking = createProcSource({ clock, packages: createPackages(clock), ownUid: uid })
      return until(looking, child.pid, (one) => one.argv[0] === file && !one.readable)
    })
    expect(found).toMatchObject({ uid: isRoot ? NOBODY_UID : process.getuid?.() })
    expect(found).toMatchObject({ executable: null, argvBytes: null, stdin: 'unknown', cwd: null })
  })

  it.skipIf(!hasPython())(
    'says so too of one whose first thread ended (needs python3)',
    async () => {
      const file = script(
        'threads.py',
        [
          'import ctypes, threading, time',
          'threading.Thread(target=lambda: time.sleep(300)).start()',
          'print("up", flush=True)',
          'input()',
          // pthread_exit(3) would unwind the interpreter; the system call ends this thread alone.
          `ctypes.CDLL(None).syscall(${process.arch === 'x64' ? 60 : 93}, 0)`,
        ].join('\n'),
      )
      const child = run('python3', [file])
      await line(child)
      const before = await until(source, child.pid, (found) => found.readable)
      expect(before.script?.realPath).toBe(file)
      child.stdin?.write('go\n')
      const after = await until(source, child.pid, (found) => !found.readable)
      expect(after).toMatchObject({ key: before.key, executable: before.executable })
    },
  )
})

describe('the source by ps', () => {
  it('tells a node child, its parent and an exec', async () => {
    const source = createPsSource({
      psList,
      clock,
      packages: createPackages(clock),
      ownUid: process.getuid?.() ?? -1,
      commIsPath: process.platform === 'darwin',
    })
    const file = script('with space.js', STAY)
    const child = run(process.execPath, [file])
    await line(child)
    const found = await until(source, child.pid, () => true)
    expect(found).toMatchObject({ ppid: process.pid, argvForm: 'joined', epoch: 0 })
    expect(found.argv).toEqual([`${process.execPath} ${file}`])
    expect(found.script?.realPath).toBe(file)
    expect(Math.abs(found.startedAt - Date.now())).toBeLessThan(60_000)

    const shell = run('sh', ['-c', 'read line; exec sleep 300'])
    const before = await until(source, shell.pid, (one) => one.argv[0]?.startsWith('sh ') === true)
    shell.stdin?.write('go\n')
    const after = await until(source, shell.pid, (one) => one.argv[0] === 'sleep 300')
    expect(after.epoch).toBe(before.epoch + 1)
  })
})

describe('the usage source', () => {
  it('tells memory and processor share of a busy child, and leaves out what is gone', async () => {
    const source = createUsageSource(clock)
    const file = script('busy.js', 'console.log("up"); for (;;) ;')
    const child = run(process.execPath, [file])
    await line(child)
    const gone = run('sleep', ['300'])
    await end(gone)
    await source.usage([child.pid])
    const deadline = performance.now() + 10_000
    for (;;) {
      const usage = await source.usage([child.pid, gone.pid])
      expect(usage.has(gone.pid)).toBe(false)
      const own = usage.get(child.pid)
      if (own !== undefined && own.cpuPercent > 10 && own.memoryBytes > 10_000_000) break
      if (performance.now() > deadline) throw new Error(`no share seen: ${JSON.stringify(own)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
})

/** As root, acts as another user meanwhile: checks in /proc go by the effective user (credentials(7)). */
async function asUser<T>(uid: number | null, act: (uid: number) => Promise<T>): Promise<T> {
  if (uid === null) return act(process.getuid?.() ?? -1)
  process.seteuid?.(uid)
  try {
    return await act(uid)
  } finally {
    process.seteuid?.(0)
  }
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import ctypes'], { stdio: 'ignore' })
    accessSync('/proc/self/stat')
    return true
  } catch {
    return false
  }
}
