/**
 * The process table of a scene as mcp-watch's own source reads it, in the words of a case (test/corpus/case.ts). Besides that, who
 * is at the other end of each standard input.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { UID } from './scene.mjs'

const BUILT = '/opt/mcp-watch/dist/daemon/processes'
const { createProcSource } = await import(`${BUILT}/proc-source.js`)
const { createPackages } = await import(`${BUILT}/packages.js`)

/** fcntl(2): the bits of the access mode in `flags` of fdinfo, which is octal (proc(5)). */
const ACCESS = 0o3
const COMM_LENGTH = 15

export function openTable({ procRoot }) {
  const clock = { wallMs: Date.now, monotonicMs: () => performance.now() }
  const packages = createPackages(clock)
  const source = createProcSource({ procRoot, clock, packages, ownUid: 0 })
  const userUid = ownerOf(procRoot, 2)
  let first = null
  return async () => {
    const { processes } = await source.sample(allPids(procRoot))
    const ends = standardInputs(procRoot)
    const rows = [...processes.values()].sort((a, b) => a.pid - b.pid)
    first ??= Math.min(...rows.map(({ startTicks }) => startTicks))
    const uidOf = (uid) => (uid === userUid ? UID : uid)
    return rows.map((process) => rowOf(process, uidOf(process.uid), first, ends))
  }
}

const allPids = (procRoot) => new Set(readdirSync(procRoot).map(Number).filter(Number.isInteger))

/** As the host is ada's, whatever her number is here. */
function ownerOf(procRoot, pid) {
  return Number(/^Uid:\t(\d+)/m.exec(readFileSync(join(procRoot, `${pid}/status`), 'utf8'))?.[1])
}

function rowOf(process, uid, first, ends) {
  const { pid, ppid, pgid, sid, epoch, executable, argv, argvForm, cwd, script } = process
  const named = basename(executable ?? argv[0] ?? '').slice(0, COMM_LENGTH)
  return {
    pid,
    ppid,
    pgid,
    sid,
    uid,
    startTicks: process.startTicks - first + 1,
    ...(epoch > 0 && { epoch }),
    executable,
    ...(process.comm !== named && { comm: process.comm }),
    argv,
    ...(argvForm !== 'given' && { argvForm, argvBytes: process.argvBytes }),
    cwd,
    ...(script !== null && { script }),
    stdin: process.stdin,
    stdout: process.stdout,
    ...withPeer(pid, ends),
  }
}

function withPeer(pid, { inodeOf, holdersOf }) {
  const inode = inodeOf.get(pid)
  const others = [...(holdersOf.get(inode) ?? [])].filter((holder) => holder !== pid)
  // Several hold it where it was inherited: then nothing is said, as nothing tells who writes.
  return others.length === 1 ? { stdinPeer: others[0] } : {}
}

/** By pid, what its descriptor 0 is; by that, who holds the other end. */
function standardInputs(procRoot) {
  const peers = socketPeers()
  const inodeOf = new Map()
  const holdersOf = new Map()
  for (const pid of allPids(procRoot))
    for (const { number, link, access } of descriptorsOf(procRoot, pid)) {
      if (number === 0) inodeOf.set(pid, link)
      const other = link.startsWith('socket:') ? peers.get(link) : access === 0 ? undefined : link
      if (other === undefined) continue
      holdersOf.set(other, (holdersOf.get(other) ?? new Set()).add(pid))
    }
  return { inodeOf, holdersOf }
}

function descriptorsOf(procRoot, pid) {
  const folder = join(procRoot, `${pid}`)
  try {
    return readdirSync(join(folder, 'fd')).flatMap((name) => {
      const link = readlinkSync(join(folder, 'fd', name))
      if (!/^(?:pipe|socket):\[\d+\]$/.test(link)) return []
      const flags = /^flags:\t(\d+)/m.exec(readFileSync(join(folder, 'fdinfo', name), 'utf8'))?.[1]
      return [{ number: Number(name), link, access: Number.parseInt(flags ?? '0', 8) & ACCESS }]
    })
  } catch {
    // It ended meanwhile.
    return []
  }
}

/** ss(8): the two ends of each connected Unix socket, as /proc writes them. */
function socketPeers() {
  const lines = execFileSync('ss', ['-xnH'], { encoding: 'utf8' }).split('\n')
  const ends = lines.flatMap((line) => {
    const words = line.trim().split(/\s+/)
    return words.length < 8 ? [] : [[`socket:[${words[5]}]`, `socket:[${words[7]}]`]]
  })
  return new Map(ends)
}
