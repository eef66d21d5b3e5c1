/** Entries that are hard to tell apart, and one entry in two clients that run at once. */

import { pick } from '../servers.mjs'

/** So that there is something to differ in. */
const FIRST = { args: ['--folder', '/home/ada/first', '--verbose'] }
const OTHER = ['--folder', '/home/ada/other', '--verbose']

const otherArguments = {
  id: 'other-arguments',
  difficulty: 'twins',
  cells: () => [
    ['npx', 'claude-code'],
    ['npx', 'copilot-cli'],
    ['npm exec', 'codex'],
    ['node', 'copilot-cli'],
    ['node', 'mcporter'],
    ['sh -c', 'opencode'],
    ['env', 'qwen'],
    ['pnpm dlx', 'claude-code'],
    ['bunx', 'codex'],
    ['npx -p', 'mcporter'],
    ['yarn dlx', 'opencode'],
    ['pipx install', 'claude-code'],
    ['python -m', 'opencode'],
    ['npm run', 'mcporter'],
  ],
  async play({ client, launcher, server, declare, run, reported, snapshot }) {
    const one = await server(FIRST)
    await declare(client, one)
    await declare(client, { ...one, name: `${one.name}-other`, args: OTHER })
    await run(client)
    await reported(2)
    await snapshot()
    return { about: `Two entries run the same server by ${launcher.id}, with other arguments.` }
  },
}

const sameCommand = {
  id: 'same-command',
  difficulty: 'twins',
  cells: () => [
    ['npx', 'opencode'],
    ['node', 'claude-code'],
    ['npm exec', 'mcporter'],
    ['pnpm dlx', 'codex'],
  ],
  async play({ client, server, declare, run, reported, snapshot }) {
    const one = await server()
    await declare(client, one)
    await declare(client, { ...one, name: `${one.name}-again` })
    await run(client)
    await reported(2)
    await snapshot()
    return {
      about: `Two entries of ${client.id} have the same command: nothing tells which is which.`,
    }
  },
}

const twoClients = {
  id: 'two-clients',
  difficulty: 'twins',
  cells: () => [
    ['npx', 'mcporter'],
    ['npx', 'codex'],
    ['npm exec', 'claude-code'],
    ['node', 'opencode'],
    ['sh -c', 'claude-code'],
    ['env', 'gemini'],
    ['bunx', 'claude-code'],
    ['pipx install', 'codex'],
    ['asdf npx', 'opencode'],
  ],
  async play({ client, others, random, server, declare, run, reported, snapshot }) {
    // Neither of them gives up before the other has begun.
    const patient = others.filter(({ id }) => ['claude-code', 'opencode', 'mcporter'].includes(id))
    const second = pick(patient.length > 0 ? patient : others, random)
    const one = await server()
    for (const each of [client, second]) await declare(each, one)
    await run(client)
    await reported(1)
    await run(second)
    await reported(2)
    await snapshot()
    return { about: `${client.id} and ${second.id} have the same entry and run at once.` }
  },
}

export const TWINS = [otherArguments, sameCommand, twoClients]
