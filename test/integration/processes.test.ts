/** The source of Linux on real processes of this machine. */
import { execFileSync } from 'node:child_process'
import { accessSync, chmodSync, copyFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ProcessSource } from '../../daemon/ports.ts'
import { createPackages } from '../../daemon/processes/packages.ts'
import { createProcSource } from '../../daemon/processes/proc-source.ts'
import { clock, end, line, until, useProcesses } from './real-processes.ts'

const isLinux = process.platform === 'linux'
const isRoot = process.getuid?.() === 0
const NOBODY_UID = 65_534
const real = useProcesses()

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
    writeFileSync(join(real.folder(), 'package.json'), '{"name": "real-one", "version": "0.1.0"}')
    const file = real.script('server.js', STAY)
    const before = Date.now()
    const child = real.run(process.execPath, ['server.js', '--dir', '', '/with space'])
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
      cwd: real.folder(),
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
    const child = real.run('sh', ['-c', 'read line; exec sleep 300'])
    const shell = await until(source, child.pid, (found) => found.argv[0] === 'sh')
    expect(shell.argv).toEqual(['sh', '-c', 'read line; exec sleep 300'])
    child.stdin?.write('go\n')
    const sleep = await until(source, child.pid, (found) => found.argv[0] === 'sleep')
    expect(sleep).toMatchObject({ epoch: shell.epoch + 1, startTicks: shell.startTicks })
    expect(sleep.argv).toEqual(['sleep', '300'])
    expect(sleep.executable).not.toBe(shell.executable)
  })

  it('begins a new epoch when a program executes itself with other arguments', async () => {
    const child = real.run('sh', ['-c', 'read line; exec sh -c "read line"'])
    const first = await until(source, child.pid, (found) => found.argv[0] === 'sh')
    child.stdin?.write('go\n')
    const second = await until(source, child.pid, (found) => found.epoch > first.epoch)
    expect(second.argv).toEqual(['sh', '-c', 'read line'])
    expect(second.executable).toBe(first.executable)
  })

  it('keeps the arguments of a process that renames itself, and knows a title by its form', async () => {
    const title = 'npm exec some-package /dir'
    const file = real.script(
      'title.js',
      `process.stdin.once('data', () => { process.title = '${title}'; console.log('done') }); console.log('up')`,
    )
    const args = [file, '-y', '--', 'some-package', '/dir', 'padding'.repeat(9)]
    const child = real.run(process.execPath, args)
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
    const child = real.run('sh', ['-c', 'sleep 300 <&0 & echo $!; read line'])
    const orphan = Number(await line(child))
    real.adopt(orphan)
    const before = await until(source, orphan, (found) => found.argv[0] === 'sleep')
    expect(before.ppid).toBe(child.pid)
    await end(child)
    const after = await until(source, orphan, (found) => found.ppid !== child.pid)
    expect(after.key).toBe(before.key)
  })

  it('leaves an ended process out', async () => {
    const child = real.run('sleep', ['300'])
    await until(source, child.pid, () => true)
    await end(child)
    const { processes } = await source.sample(new Set([child.pid]))
    expect(processes.has(child.pid)).toBe(false)
  })

  it('says that a program we may run but not read is unreadable', async () => {
    // A file without read permission makes its process non-dumpable (execve(2), proc(5)). Root may read every file,
    // so as root both the child and our looking at it are another user's.
    const file = join(real.folder(), 'locked')
    copyFileSync(execFileSync('sh', ['-c', 'command -v sleep']).toString().trim(), file)
    chmodSync(file, isRoot ? 0o711 : 0o111)
    const child = real.run(file, ['300'], isRoot ? { uid: NOBODY_UID } : {})
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
      const file = real.script(
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
      const child = real.run('python3', [file])
      await line(child)
      const before = await until(source, child.pid, (found) => found.readable)
      expect(before.script?.realPath).toBe(file)
      child.stdin?.write('go\n')
      const after = await until(source, child.pid, (found) => !found.readable)
      expect(after).toMatchObject({ key: before.key, executable: before.executable })
    },
  )
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
