/**
 * Beside a server that a client runs: something that looks like it and is no server, is nobody's, or is a developer's own run. What
 * belongs to whom follows from who was started as what: only servers below the client and in terminals of `ownRun` are told.
 */
import { IDLE, NEAR, OWN_RUNS } from './decoy-programs.mjs'
import { MORE_CELLS, MORE_KINDS, ONE_REMOVED } from './more-decoys.mjs'

/** Declares and starts a server and has the decoy beside it. The decoy first: some clients give up soon. */
const beside = ({ id, cells, servers = 1, changes, text, act }) => ({
  id,
  difficulty: 'decoy',
  cells: () => cells,
  async play(stage) {
    const { client, server, declare, run, reported, snapshot } = stage
    const one = await server(changes)
    await declare(client, one)
    await act(stage, one)
    await run(client)
    await reported(servers)
    await snapshot()
    return { about: text }
  },
})

/** A process that has the number which a server had a moment ago. */
const reused = {
  id: 'pid-reused',
  difficulty: 'decoy',
  cells: () => [
    ['npx', 'opencode'],
    ['node', 'claude-code'],
    ['none', 'mcporter'],
    ['pnpm dlx', 'claude-code'],
    ['python', 'mcporter'],
  ],
  async play(stage) {
    const { client, scene, server, declare, run, reported, snapshot, expected } = stage
    await declare(client, await server())
    const started = await run(client)
    await reported(1)
    const pids = (await snapshot()).map(({ pid }) => pid)
    const [{ server: freed }] = expected()
    for (const pid of pids.filter((each) => each >= started)) await scene.signal(pid, 'SIGKILL')
    await stage.until(() => stage.isFree(freed))
    await IDLE.write(scene)
    await scene.startAs(freed, IDLE.words)
    await snapshot()
    return { about: 'Another program has the number of a server that has ended.', expected: [] }
  },
}

/** The client still runs what its configuration does not declare any more. */
const removed = {
  id: 'entry-removed',
  difficulty: 'decoy',
  cells: () => [
    ['npx', 'claude-code'],
    ['node', 'copilot-cli'],
    ['sh -c', 'codex'],
    ['bunx', 'claude-code'],
    ['pipx install', 'opencode'],
  ],
  async play(stage) {
    const { client, server, declare, forget, run, reported, snapshot } = stage
    await declare(client, await server())
    await run(client)
    await reported(1)
    await forget(client)
    await declare(client, await server())
    await snapshot()
    return {
      about:
        'The entry of what still runs was removed from the configuration, and another was put there.',
    }
  },
}

/** No client runs at all. */
const ownRunOnly = {
  id: 'own-run-without-client',
  difficulty: 'decoy',
  client: 'none',
  cells: () => [
    ['npx', 'qwen'],
    ['node', 'gemini'],
    ['npm exec', 'claude-code'],
    ['env', 'codex'],
    ['sh -c', 'opencode'],
    ['pnpm dlx', 'codex'],
    ['bunx', 'mcporter'],
    ['venv script', 'claude-code'],
    ['nice', 'gemini'],
    ['yarn dlx', 'opencode'],
    ['npm run', 'claude-code'],
  ],
  async play({ client, server, declare, terminal, commandOf, reported, snapshot }) {
    const one = await server()
    await declare(client, one)
    await terminal(commandOf(one), { ownRun: true })
    await reported(1)
    await snapshot()
    return { about: 'No client runs; a developer starts the configured command in a terminal.' }
  },
}

const kinds = [...OWN_RUNS, ...NEAR]
const again = kinds
  .filter(({ id }) => id in MORE_CELLS)
  .map((kind) => ({ ...kind, cells: MORE_CELLS[kind.id] }))

// In this order: cases are numbered by it.
export const DECOYS = [
  ...kinds.map(beside),
  reused,
  removed,
  ownRunOnly,
  ...[...MORE_KINDS, ...again].map(beside),
  ONE_REMOVED,
]
