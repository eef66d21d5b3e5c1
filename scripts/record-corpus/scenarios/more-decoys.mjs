/** More of what stands beside a server, and more clients and launchers that it stands beside. */

import { dirname } from 'node:path'

/** The same decoys with other launchers and clients, by their ids. */
export const MORE_CELLS = {
  'own-run': [
    ['sh -c', 'mcporter'],
    ['global bin', 'claude-code'],
    ['global bin', 'codex'],
    ['none', 'qwen'],
    ['env', 'opencode'],
  ],
  editor: [
    ['sh -c', 'copilot-cli'],
    ['global bin', 'gemini'],
    ['env', 'claude-code'],
  ],
  pager: [
    ['sh -c', 'opencode'],
    ['env', 'codex'],
  ],
  search: [
    ['global bin', 'opencode'],
    ['npm exec', 'qwen'],
  ],
  'npm-view': [
    ['global bin', 'mcporter'],
    ['npm exec', 'gemini'],
  ],
  'npm-install': [
    ['global bin', 'qwen'],
    ['npm exec', 'codex'],
  ],
  'same-file-name': [
    ['sh -c', 'gemini'],
    ['node', 'mcporter'],
  ],
  'forged-name': [
    ['none', 'codex'],
    ['none', 'gemini'],
  ],
  watchdog: [
    ['sh -c', 'qwen'],
    ['none', 'mcporter'],
    ['node', 'codex'],
  ],
  commit: [
    ['env', 'copilot-cli'],
    ['npm exec', 'opencode'],
  ],
  'inline-program': [
    ['env', 'qwen'],
    ['none', 'claude-code'],
    ['global bin', 'copilot-cli'],
  ],
}

export const MORE_KINDS = [
  {
    id: 'other-package',
    servers: 2,
    text: 'Another server, which nobody configured, runs in a terminal with the same arguments.',
    cells: [
      ['npm exec', 'copilot-cli'],
      ['global bin', 'claude-code'],
      ['env', 'gemini'],
      ['none', 'opencode'],
      ['sh -c', 'mcporter'],
    ],
    act: async ({ server, terminal, commandOf }, { args }) =>
      terminal(commandOf(await server({ args }))),
  },
  {
    id: 'own-inspect',
    servers: 2,
    text: 'A developer runs the server in a terminal, for a debugger to look into.',
    cells: [
      ['node', 'gemini'],
      ['env', 'mcporter'],
      ['sh -c', 'codex'],
    ],
    act: ({ terminal }, { script, args }) =>
      terminal(['node', '--inspect=127.0.0.1:0', script, ...args], { ownRun: true }),
  },
  {
    id: 'stream',
    text: 'A program reads its standard input and then the client’s configuration.',
    cells: [
      ['npx', 'claude-code'],
      ['none', 'copilot-cli'],
      ['global bin', 'codex'],
    ],
    act: ({ client, scene }) => scene.start('cat', ['-', `${scene.home}/${client.files[0]}`]),
  },
  {
    id: 'web-server',
    text: 'The folder of the server’s source is served to browsers.',
    cells: [
      ['node', 'qwen'],
      ['sh -c', 'claude-code'],
      ['env', 'opencode'],
    ],
    act: ({ scene }, { script }) =>
      scene.start('/usr/bin/python3', [
        ...'-m http.server --bind 127.0.0.1 8137 --directory'.split(' '),
        dirname(script),
      ]),
  },
]

/** One of two entries was taken out of the configuration while both run. */
export const ONE_REMOVED = {
  id: 'one-removed',
  difficulty: 'decoy',
  cells: () => [
    ['npm exec', 'claude-code'],
    ['global bin', 'opencode'],
    ['sh -c', 'opencode'],
    ['env', 'codex'],
    ['none', 'mcporter'],
  ],
  async play({ client, server, declare, forget, run, reported, snapshot }) {
    const [kept, lost] = [await server(), await server()]
    await declare(client, kept)
    await declare(client, lost)
    await run(client)
    await reported(2)
    await forget(client)
    await declare(client, kept)
    await snapshot()
    return { about: `One of two entries was removed while ${client.id} ran both servers.` }
  },
}
