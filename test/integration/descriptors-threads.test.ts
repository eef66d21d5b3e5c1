/** Threads that keep descriptors to themselves, in a real process (needs a C compiler). */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { heldSockets } from '../../daemon/capture/descriptors.ts'
import { loadNative } from '../../daemon/native/load.ts'

/** A thread puts a socket in place of a file, in a table of its own, and tells the socket's inode. `e`: alone. */
const PROGRAM = `#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
static void *keep(void *own) {
  if (own && unshare(CLONE_FILES) != 0) return 0;
  int made = socket(AF_INET, SOCK_DGRAM, 0);
  dup2(made, 9);
  close(made);
  struct stat found;
  fstat(9, &found);
  printf("%lu\\n", (unsigned long)found.st_ino);
  fflush(stdout);
  pause();
  return 0;
}
int main(int count, char **given) {
  pthread_t thread;
  dup2(open("/dev/null", O_RDONLY), 9);
  pthread_create(&thread, 0, keep, given[1][0] == 'e' ? 0 : given);
  if (given[1][0] == 'e') pthread_exit(0);
  pause();
  return count;
}
`
const folder = mkdtempSync(join(tmpdir(), 'mcpw-threads-'))
const program = join(folder, 'keeper')
const compiled = spawnSync('cc', ['-pthread', '-x', 'c', '-o', program, '-'], { input: PROGRAM })
const loaded = await loadNative()
const native = loaded.ok ? loaded.native : null
const isTold = native?.sharesTable(process.pid, process.pid) === true
const canTry = process.platform === 'linux' && compiled.status === 0
let child: ChildProcess | null = null

afterEach(() => child?.kill('SIGKILL'))
afterAll(() => rmSync(folder, { recursive: true }))

async function keep(how: string): Promise<{ pid: number; inode: number }> {
  child = spawn(program, [how], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [text] = await once(child.stdout as NodeJS.EventEmitter, 'data')
  return { pid: child.pid ?? 0, inode: Number(String(text)) }
}

/** Standard output is a socket too, which the first thread's table has. */
async function hasSocket(pid: number, inode: number): Promise<boolean> {
  const sharesTable = (thread: number, other: number): boolean | null =>
    native?.sharesTable(thread, other) ?? null
  const options = { threads: true, sharesTable }
  const held = await heldSockets('/proc', pid, async () => {}, options)
  return held.kind === 'read' && held.inodes.has(inode)
}

it.skipIf(!canTry || !isTold)(
  'a socket in the place of a file is found in a thread’s own table (needs cc, and kcmp allowed)',
  async () => {
    const { pid, inode } = await keep('own')
    expect(await hasSocket(pid, inode)).toBe(true)
  },
)

it.skipIf(!canTry)(
  'what threads hold is found after the first one has ended, by a plain user too (needs cc)',
  async () => {
    const { pid, inode } = await keep('end')
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'latin1')).toContain(') Z ')
    expect(await hasSocket(pid, inode)).toBe(true)
  },
)
