/** Clients that start, lose and leave behind servers in a lab, and the daemon that watches them. */
import { copyFileSync } from 'node:fs'
import type { Report } from '../../shared/contract/report.ts'
import { type ClientId, configure } from './clients.ts'
import { type Lab, type LabOptions, PROJECT, startLab } from './lab.ts'
import type { LabProcess } from './lab-channel.ts'
import { nodeNamed } from './rogue.ts'
import { type TempHome, tempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'
import { readReport } from './watcher.ts'

export interface StatesClient {
  readonly process: LabProcess
  readonly pid: number
  /** The pid of what it started. */
  run(words: readonly string[]): Promise<number>
}

export interface StatesScene {
  readonly lab: Lab
  readonly home: TempHome
  /** The command line of a server of this name. */
  line(name: string): readonly [string, ...string[]]
  declare(
    client: ClientId,
    names: readonly string[],
    more?: Readonly<Record<string, readonly [string, ...string[]]>>,
  ): void
  /** `wrapper` is what starts the client, such as a program that takes over its orphans. */
  client(
    id: 'cursor' | 'codex',
    options?: readonly string[],
    wrapper?: readonly string[],
  ): Promise<StatesClient>
  /** Has a server connect; it stays connected. */
  send(name: string, pid: number, host: string, port: number): Promise<void>
  reportWith(what: string, fits: (report: Report) => boolean, deadlineMs?: number): Promise<Report>
  end(): Promise<void>
}

const PROGRAMS = { cursor: 'opt/cursor/cursor', codex: 'opt/codex/codex' } as const

export async function statesScene(options: LabOptions = {}): Promise<StatesScene> {
  const home = tempHome()
  const lab = await startLab(options).catch((error: unknown) => {
    home.remove()
    throw error
  })
  const place = (name: string): string => home.join('orders', name)
  const line = (name: string): readonly [string, ...string[]] => {
    const script = home.write(`servers/${name}.mjs`, '')
    copyFileSync(`${PROJECT}test/fixtures/servers/staying.mjs`, script)
    return [process.execPath, script, place(name)]
  }
  const scene: StatesScene = {
    lab,
    home,
    line,
    declare: (client, names, more = {}) => {
      const lines = { ...Object.fromEntries(names.map((name) => [name, line(name)])), ...more }
      const entries = Object.entries(lines).map(([name, [command, ...args]]) => [
        name,
        { command, args },
      ])
      configure(home, client, Object.fromEntries(entries))
    },
    client: async (id, options = [], wrapper = []) => {
      const script = `${PROJECT}test/helpers/states-client.mjs`
      const words = [...wrapper, nodeNamed(home, PROGRAMS[id]), script, ...options]
      const [command = '', ...args] = words
      const running = await lab.start(command, args, { env: home.env, cwd: home.path })
      let asked = 0
      return {
        process: running,
        pid: running.pid,
        run: async (line) => {
          const at = asked
          asked += 1
          await running.write(`${JSON.stringify(line)}\n`)
          const pid = await waitFor(() => running.stdout.split('\n').slice(0, -1)[at], {
            what: () => `${id} starts ${line.join(' ')} (${running.stderr})`,
            deadlineMs: 20_000,
          })
          return Number(pid)
        },
      }
    },
    send: async (name, pid, host, port) => {
      home.write(`orders/${name}`, `${host} ${port}\n`)
      await lab.signal(pid, 'SIGUSR2')
    },
    reportWith: (what, fits, deadlineMs = 30_000) =>
      waitFor(
        async () => {
          const now = await readReport(lab, home)
          return fits(now) ? now : null
        },
        { what, deadlineMs, everyMs: 300 },
      ),
    end: async () => {
      await lab.stop()
      home.remove()
    },
  }
  return scene
}
