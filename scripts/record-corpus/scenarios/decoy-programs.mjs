/** What stands beside a server in a decoy: programs of a developer's, in a terminal or in the background. */

const WAIT = 'setTimeout(() => {}, 90_000)\n'

/** Something that does nothing and looks like nothing. */
export const IDLE = {
  words: ['node', '/home/ada/other/worker.mjs'],
  write: ({ write }) => write('/home/ada/other/worker.mjs', WAIT),
}

/** A registry that never answers: whoever asks it stays. */
const held = ({ registry }) => ({ NPM_CONFIG_REGISTRY: registry.held })

/** Clients and launchers that a developer's own run stands beside. */
export const OWN_RUNS = [
  {
    id: 'own-run',
    servers: 2,
    text: 'A developer runs the configured command in a terminal beside the client’s own.',
    cells: [
      ['npx', 'claude-code'],
      ['npx', 'mcporter'],
      ['npm exec', 'opencode'],
      ['node', 'codex'],
      ['env', 'gemini'],
      ['none', 'copilot-cli'],
      ['pnpm dlx', 'claude-code'],
      ['bunx', 'opencode'],
      ['pipx install', 'codex'],
      ['python -m', 'mcporter'],
      ['deno run npm:', 'claude-code'],
      ['asdf npx', 'qwen'],
      ['npm run', 'codex'],
      ['yarn dlx', 'claude-code'],
      ['pnpm 12 dlx', 'opencode'],
    ],
    act: ({ terminal, commandOf }, server) => terminal(commandOf(server), { ownRun: true }),
  },
  {
    id: 'own-watch',
    servers: 2,
    text: 'A developer works on the server: node starts it anew with each change.',
    cells: [['node', 'opencode']],
    act: ({ terminal }, { script, args }) =>
      terminal(['node', '--watch', script, ...args], { ownRun: true }),
  },
]

export const NEAR = [
  {
    id: 'editor',
    text: 'The client’s configuration is open in an editor.',
    cells: [
      ['npx', 'qwen'],
      ['node', 'mcporter'],
      ['yarn dlx', 'codex'],
    ],
    act: ({ client, scene, terminal }) => terminal(['vim', `${scene.home}/${client.files[0]}`]),
  },
  {
    id: 'pager',
    text: 'The source of the server is open in a pager.',
    cells: [
      ['npx', 'gemini'],
      ['node', 'claude-code'],
    ],
    act: ({ terminal }, { script }) => terminal(['less', script]),
  },
  {
    id: 'search',
    text: 'Somebody follows a log for the name of the package.',
    cells: [
      ['npx', 'codex'],
      ['npm exec', 'copilot-cli'],
    ],
    act: async ({ scene }, { npm, noun }) => {
      await scene.write(`${scene.home}/logs/${noun}.log`, '')
      await scene.start('sh', [
        '-c',
        `tail -f ${scene.home}/logs/${noun}.log | grep --line-buffered ${npm.name}`,
      ])
    },
  },
  {
    id: 'npm-view',
    text: 'npm is asked what it knows of the package.',
    cells: [
      ['npx', 'copilot-cli'],
      ['npm exec', 'qwen'],
    ],
    act: ({ scene, terminal }, { npm }) =>
      terminal(['npm', 'view', npm.name], { env: held(scene) }),
  },
  {
    id: 'npm-install',
    text: 'The package is being installed in a project.',
    cells: [
      ['npx', 'opencode'],
      ['npm exec', 'mcporter'],
    ],
    act: ({ scene, terminal }, { npm }) =>
      terminal(['npm', 'install', `${npm.name}@${npm.version}`], { env: held(scene) }),
  },
  {
    id: 'npm-update',
    text: 'npm looks for a newer version of the package, which a project depends on.',
    cells: [['npm exec', 'claude-code']],
    act: async ({ scene, terminal }, { npm }) => {
      const dependencies = { [npm.name]: npm.version }
      await scene.write(`${scene.home}/project/package.json`, JSON.stringify({ dependencies }))
      await terminal(['npm', 'update', npm.name], { env: held(scene) })
    },
  },
  {
    id: 'other-program',
    text: 'Another program of the same package runs in a terminal.',
    changes: {
      npm: { name: '@harbor/parcel-mcp', version: '2.1.0', bin: 'parcel-mcp' },
    },
    cells: [
      ['npx', 'qwen'],
      ['npm exec', 'gemini'],
    ],
    act: ({ terminal }, { npm }) => terminal(['npx', '-y', '-p', npm.name, `${npm.bin}-admin`]),
  },
  {
    id: 'other-scope',
    servers: 2,
    text: 'A package of the same name and another scope runs in a terminal.',
    changes: { npm: { name: '@harbor/parcel-mcp', version: '2.1.0', bin: 'parcel-mcp' } },
    cells: [
      ['npx', 'gemini'],
      ['npm exec', 'codex'],
      ['bunx', 'mcporter'],
    ],
    act: async ({ server, terminal }, { npm, args }) => {
      const other = await server({ npm: { ...npm, name: '@northwind/parcel-mcp' } })
      await terminal(['npx', '-y', other.npm.name, ...args])
    },
  },
  {
    id: 'same-file-name',
    text: 'A file of the same name in another folder runs with the same arguments.',
    cells: [
      ['node', 'gemini'],
      ['env', 'qwen'],
      ['nice', 'claude-code'],
      ['bun run', 'codex'],
    ],
    act: async ({ scene, terminal }, { args }) => {
      const file = `${scene.home}/other/server.mjs`
      await scene.write(file, WAIT)
      await terminal(['node', file, ...args])
    },
  },
  {
    id: 'forged-title',
    text: 'A program calls itself what npm exec calls itself for this package.',
    cells: [
      ['npx', 'mcporter'],
      ['npx', 'codex'],
      ['pnpm dlx', 'opencode'],
    ],
    act: async ({ scene, terminal }, { npm, args }) => {
      const file = `${scene.home}/other/worker.mjs`
      const title = ['npm exec', npm.name, ...args].join(' ')
      await scene.write(file, `process.title = ${JSON.stringify(title)}\n${WAIT}`)
      // Room for the title: it is cut at the size of the arguments.
      await terminal(['node', file, '-'.repeat(title.length)])
    },
  },
  {
    id: 'forged-name',
    text: 'A program was started under the name of the configured one.',
    cells: [
      ['none', 'claude-code'],
      ['none', 'opencode'],
    ],
    act: async ({ scene, terminal }, { program }) => {
      await IDLE.write(scene)
      await terminal(['bash', '-c', `exec -a ${program} ${IDLE.words.join(' ')}`])
    },
  },
  {
    id: 'browser',
    text: 'A browser shows a page about the package.',
    cells: [
      ['npx', 'copilot-cli'],
      ['npm exec', 'mcporter'],
    ],
    act: async ({ scene }, { npm }) => {
      await IDLE.write(scene)
      const page = `https://docs.example/package/${npm.name}`
      await scene.start('bash', ['-c', `exec -a firefox ${IDLE.words.join(' ')} ${page}`])
    },
  },
  {
    id: 'watchdog',
    text: 'A shell waits for the command line of the server.',
    cells: [
      ['npx', 'opencode'],
      ['env', 'mcporter'],
      ['pnpm dlx', 'codex'],
    ],
    act: ({ scene, commandOf }, server) =>
      scene.start('bash', [
        '-c',
        `while ! test -e "${commandOf(server).join(' ')}"; do read -t 90; done`,
      ]),
  },
  {
    id: 'commit',
    text: 'A commit whose message names the command is being written.',
    cells: [
      ['npx', 'gemini'],
      ['node', 'qwen'],
      ['bunx', 'codex'],
    ],
    act: async ({ scene, terminal, commandOf }, server) => {
      await scene.run('git', ['init', '-q'])
      const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test']
      const message = `Run ${commandOf(server).join(' ')}`
      await terminal(['git', ...author, 'commit', '--allow-empty', '--edit', '-m', message], {
        env: { EDITOR: 'vim' },
      })
    },
  },
  {
    id: 'inline-program',
    text: 'A line of Python holds the command as a text.',
    cells: [
      ['node', 'copilot-cli'],
      ['sh -c', 'claude-code'],
      ['venv script', 'claude-code'],
      ['bash cd', 'mcporter'],
    ],
    act: ({ scene, commandOf }, server) =>
      scene.start('python3', [
        '-c',
        `import time; command = "${commandOf(server).join(' ')}"; time.sleep(90)`,
      ]),
  },
]
