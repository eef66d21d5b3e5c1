/** The launcher or the client is gone, the server is not. */
import { chainOf, isOfClient } from '../expect.mjs'

/** The pids from the server up to the client, without and with the client's own. */
function ends(table, { root, server }) {
  const chain = chainOf(server, table)
  const top = chain.findIndex(({ pid }) => pid === root)
  return { below: chain.slice(0, top), clients: chain.filter(isOfClient) }
}

async function begin({ client, server, declare, run, reported, snapshot, expected }) {
  await declare(client, await server())
  await run(client)
  await reported(1)
  const table = await snapshot()
  const [instance] = expected()
  return { table, instance }
}

async function kill({ scene, look, until }, pids) {
  for (const pid of pids) await scene.signal(pid, 'SIGKILL')
  await until(async () => (await look()).every(({ pid }) => !pids.includes(pid)))
}

const launcherGone = {
  id: 'launcher-gone',
  difficulty: 'orphan',
  cells: () => [
    ['npx', 'claude-code'],
    ['npx', 'opencode'],
    ['npm exec', 'qwen'],
    ['npm exec', 'copilot-cli'],
    ['pnpm dlx', 'codex'],
    ['bunx', 'opencode'],
    ['timeout', 'claude-code'],
  ],
  async play(stage) {
    const { table, instance } = await begin(stage)
    await kill(stage, [instance.root])
    await stage.snapshot()
    const members = ends(table, instance).below.map(({ pid }) => pid)
    return {
      about: 'The launcher that the client started was killed; what it had started lives on.',
      expected: [{ ...instance, quality: 'remembered', members }],
    }
  },
}

const foundLate = {
  id: 'launcher-gone-before',
  difficulty: 'orphan',
  cells: () => [
    ['npx', 'codex'],
    ['npx', 'mcporter'],
    ['npm exec', 'gemini'],
    ['npm exec', 'opencode'],
    ['pnpm dlx', 'mcporter'],
    ['bunx', 'claude-code'],
    ['fish -c', 'codex'],
  ],
  async play(stage) {
    const { table, instance } = await begin(stage)
    await kill(stage, [instance.root])
    stage.tables.length = 0
    const left = await stage.snapshot()
    const root = ends(table, instance).below.at(-1).pid
    // Some clients let go of the other end as soon as what they started has ended: then nothing leads to them.
    const isHeld = left.find(({ pid }) => pid === root)?.stdinPeer === instance.startedBy
    const nobodys = { startedBy: null, quality: 'no-client' }
    const holds = isHeld ? 'still holds' : 'has let go of'
    return {
      about: `The launcher was gone before the first look; the client ${holds} the server’s input.`,
      expected: [{ ...instance, root, ...(!isHeld && nobodys) }],
    }
  },
}

const clientGone = {
  id: 'client-gone',
  difficulty: 'orphan',
  cells: () => [
    ['npx', 'gemini'],
    ['node', 'claude-code'],
    ['node', 'codex'],
    ['env', 'mcporter'],
    ['sh -c', 'qwen'],
    ['bunx --bun', 'claude-code'],
    ['asdf shim', 'opencode'],
    ['venv script', 'codex'],
  ],
  async play(stage) {
    const { table, instance } = await begin(stage)
    await kill(
      stage,
      ends(table, instance).clients.map(({ pid }) => pid),
    )
    await stage.snapshot()
    return {
      about: 'The client was killed; its server lives on, and is known to be of that client’s.',
      // No running client's any more, and no less surely that entry's.
      expected: [{ ...instance, startedBy: null }],
    }
  },
}

const clientGoneBefore = {
  id: 'client-gone-before',
  difficulty: 'orphan',
  cells: () => [
    ['npx', 'qwen'],
    ['node', 'opencode'],
    ['env', 'claude-code'],
    ['pipx run', 'opencode'],
    ['pnpm dlx', 'qwen'],
    ['deno run npm:', 'claude-code'],
  ],
  async play(stage) {
    const { table, instance } = await begin(stage)
    await kill(
      stage,
      ends(table, instance).clients.map(({ pid }) => pid),
    )
    stage.tables.length = 0
    await stage.snapshot()
    return {
      about: 'The client was gone before the first look; its server lives on.',
      expected: [{ ...instance, startedBy: null, quality: 'no-client' }],
    }
  },
}

export const ORPHANS = [launcherGone, foundLate, clientGone, clientGoneBefore]
