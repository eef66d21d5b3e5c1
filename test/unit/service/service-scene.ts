/** `mcp-watch service` on a host whose service manager does what the test says, in a home that is really there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '../../../cli/io.ts'
import { run } from '../../../cli/run.ts'
import type { Host } from '../../../cli/service/gather.ts'
import type { DaemonFile } from '../../../shared/contract/answers.ts'
import { fakeIo } from '../cli/fake-io.ts'
import { NOW } from '../cli/sample.ts'

type Answers = Partial<Record<string, { readonly code: number; readonly stdout: string }>>

export interface ServiceScene {
  readonly home: string
  /** What the service manager says, by how the command begins; anything else succeeds without a word. */
  answers: Answers
  /** The daemon that is found, whoever started it. */
  running: DaemonFile | null
  /** Those of the last call. */
  commands: readonly string[]
  service(
    words: string,
    changes?: Partial<Host>,
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }>
  host(changes?: Partial<Host>): Host
  /** Path of the unit. */
  unit(): string
  /** Of the commands those that change something. */
  done(): readonly string[]
  remove(): void
}

export const state = (active: string) => ({
  code: 0,
  stdout: `ActiveState=${active}\nUnitFileState=enabled\nMainPID=${active === 'active' ? 77 : 0}\n`,
})

export const daemon: DaemonFile = {
  pid: 77,
  startedAt: NOW,
  version: '1.2.3',
  socket: '/x',
  port: null,
}

export function createServiceScene(): ServiceScene {
  const home = mkdtempSync(join(tmpdir(), 'mcpw-'))
  const scene: ServiceScene = {
    home,
    answers: {
      'systemctl --user show': state('inactive'),
      'launchctl print': { code: 113, stdout: '' },
    },
    running: null,
    commands: [],
    service: async (words, changes = {}) => {
      scene.commands = []
      const entry: Partial<Entry> = {
        serviceHost: async () => hostOf(scene, changes),
        locateDaemon: () => scene.running,
      }
      const io = fakeIo(entry)
      const code = await run(['service', ...words.split(' ')], io)
      return { code, ...io.written() }
    },
    host: (changes = {}) => hostOf(scene, changes),
    unit: () => join(home, '.config/systemd/user/mcp-watch.service'),
    done: () => scene.commands.filter((line) => !/ (show|print) /.test(line)),
    remove: () => rmSync(home, { recursive: true, force: true }),
  }
  return scene
}

function hostOf(scene: ServiceScene, changes: Partial<Host>): Host {
  const { home } = scene
  return {
    platform: 'linux',
    user: { uid: 1000, name: 'ada', home },
    isRoot: false,
    isSudo: false,
    program: { version: '1.2.3', node: '/usr/bin/node', modules: '115' },
    environment: { XDG_CONFIG_HOME: join(home, '.config') },
    folders: {
      state: join(home, 'state/mcp-watch'),
      config: join(home, '.config'),
      policyFile: join(home, '.config/mcp-watch/policy.jsonc'),
    },
    sharedTmp: null,
    canNotify: async () => true,
    run: async (argv) => {
      const line = argv.join(' ')
      scene.commands = [...scene.commands, line]
      const known = Object.keys(scene.answers).find((each) => line.startsWith(each))
      const answer = scene.answers[known ?? ''] ?? { code: 0, stdout: '' }
      const ended = { signal: null, timedOut: false, truncated: false, elapsedMs: 1 }
      return { ...ended, ...answer, stderr: '' }
    },
    modulesOf: async () => '115',
    logLines: () => [{ time: NOW, level: 40, message: 'slow\u001b[31m', code: 'TOOL_TIMEOUT' }],
    asOwner: (work) => work(),
    ...changes,
  }
}
