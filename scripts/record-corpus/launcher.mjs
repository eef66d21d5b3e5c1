/**
 * What a launcher is to the recorder: how a server's command line is given to a client. One module each below
 * `launchers/`, which may export several; the recorder takes every export with an `id`.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The server to run, in all the shapes that it is there in. All of them are the same small server (`server/`), which
 * reports its own pid, answers late, and ends by itself after a minute.
 * @typedef {object} Server
 * @property {string} name The name of its entry.
 * @property {{name: string, version: string, bin: string}} npm Offered by the scene's own npm registry.
 * @property {{name: string, version: string, module: string, script: string}} pypi Offered by the scene's own index;
 *   `script` is its entry point, `python -m <module>` runs it too.
 * @property {string} script An executable Node script in ada's home, with `#!/usr/bin/env node`.
 * @property {string} python A Python file in ada's home.
 * @property {string} program A program of machine code in ada's home; where no C compiler is, a shell script.
 * @property {readonly string[]} args What the server itself is started with.
 */

/**
 * The scene while it is prepared. Its home is `/home/ada`, its network is loopback alone, and nothing of it is left
 * afterwards. `~/.npmrc`, pip's and uv's settings lead to the scene's own registry.
 * @typedef {object} Scene
 * @property {string} home `/home/ada`.
 * @property {string} tools `/opt/tools`: the folder given by --tools, as `npm install --prefix` fills it. Its `bin` is
 *   in the PATH of everything that runs in the scene.
 * @property {{npm: string, pypi: string}} registry Addresses on loopback; `pypi` is a PEP 503 index.
 * @property {(command: string, args: readonly string[], options?: {cwd?: string, env?: Record<string, string>})
 *   => Promise<string>} run Runs something as ada to its end and gives its standard output; throws if it fails.
 * @property {(path: string, text: string, mode?: number) => Promise<void>} write A file of ada's, with its folders.
 */

/**
 * @typedef {object} Launcher
 * @property {string} id As in `launcher` of a case: `npx`, `sh -c`, `bunx --bun`.
 * @property {readonly string[]} needs Paths, or commands of the scene's PATH, that must be there; otherwise the launcher
 *   is left out, with a sentence.
 * @property {'npm' | 'pypi' | null} runs Whose package mcp-watch should tell, if it can tell any.
 * @property {'exact' | 'args-subset' | 'launcher'} [quality] How sure the name is at best; `exact` by default.
 * @property {string} [difficulty] Of the ordinary scene: `disguise` where what runs does not look it; else `plain`.
 * @property {(server: Server) => string} [serverProgram] Where the process of the server is another than the one that
 *   reported itself. Hardly ever.
 * @property {(scene: Scene, server: Server) => Promise<void>} [prepare] Installs what the run needs, before the client.
 * @property {(scene: Scene, server: Server) => {command: string, args: readonly string[], env?: Record<string, string>}}
 *   command As it is given to the client's own `mcp add`.
 * @property {() => Record<string, readonly string[]>} [versions] Commands that tell versions: name → command line.
 */

/** Every launcher below `launchers/`, by id. @returns {Promise<Map<string, Launcher>>} */
export async function loadLaunchers() {
  const folder = join(import.meta.dirname, 'launchers')
  const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'))
  const modules = await Promise.all(files.sort().map((name) => import(join(folder, name))))
  const launchers = modules.flatMap((module) => Object.values(module)).filter(isLauncher)
  return new Map(launchers.map((launcher) => [launcher.id, launcher]))
}

function isLauncher(value) {
  return typeof value === 'object' && value !== null && 'id' in value && 'command' in value
}

/** The first of its needs that is not there, or null. @param {Launcher} launcher */
export function missingNeed(launcher, path) {
  const isThere = (need) =>
    need.startsWith('/')
      ? existsSync(need)
      : path.split(':').some((folder) => existsSync(join(folder, need)))
  return launcher.needs.find((need) => !isThere(need)) ?? null
}
