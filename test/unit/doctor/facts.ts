/** A machine where all is well. */
import type { Facts } from '../../../shared/contract/doctor.ts'

export const AT = '2026-11-22T12:00:00.000Z'

const look = { ms: 9, sockets: 40, complete: true, problem: null }

export const facts = (changes: Partial<Facts> = {}): Facts => ({
  program: { version: '0.1.0', node: 'v20.20.2', platform: 'linux', arch: 'x64', kernel: '6.18.0' },
  user: { uid: 1000, sudo: false, home: '/home/ada' },
  daemon: null,
  service: null,
  engine: {
    name: 'sock-diag',
    ladder: ['sock-diag', 'ss', 'lsof'],
    tools: [
      { name: 'ss', path: '/usr/bin/ss', version: '6.1.0' },
      { name: 'lsof', path: '/usr/bin/lsof', version: '4.95.0' },
    ],
    intervalMs: 40,
    expectedRecall: 1,
    degraded: [],
    look,
    rungs: ['sock-diag', 'ss', 'lsof'].map((name) => ({
      name,
      problem: null,
      hint: null,
      kernelSaid: [],
      look,
    })),
  },
  processes: { method: 'proc', total: 90, otherUsers: 40, unreadable: 0, otherNamespaces: 0 },
  containers: { engines: [], running: 0, here: 0 },
  system: {
    wsl: false,
    container: null,
    cgroup2: true,
    hiddenProcesses: false,
    netns: 'net:[4026531840]',
    netnsOfInit: null,
  },
  configurations: {
    read: [{ client: 'cursor', file: '/home/ada/.cursor/mcp.json', servers: 2 }],
    diagnostics: [],
    absent: [{ client: 'claude-code', path: '/home/ada/.claude.json' }],
    projectFiles: ['.mcp.json'],
    running: [{ client: 'cursor', processes: 3, read: true }],
    servers: { stdio: 2, remote: 0, container: 0 },
  },
  notification: { path: 'notify-send', why: 'it is installed' },
  state: {
    folder: '/home/ada/.local/state/mcp-watch',
    exists: true,
    mode: '700',
    own: true,
    freeBytes: 50_000_000_000,
  },
  database: {
    path: '/home/ada/.local/state/mcp-watch/watch.db',
    exists: true,
    bytes: 200_000,
    walBytes: 0,
    version: 2,
    knownVersion: 2,
    check: 'ok',
    problem: null,
    lastTickAt: AT,
    future: 0,
    setAside: [],
    gaps: {},
  },
  lock: { held: false },
  log: { path: '/x/log', exists: true, bytes: 10, warnings: 0, errors: 0, last: [] },
  clock: { wall: AT, stepMs: 0 },
  ...changes,
})
