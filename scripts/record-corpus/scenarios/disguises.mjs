/** What runs does not look like what was configured. */

const about = (text, play) => async (stage) => {
  await play(stage)
  return { about: text }
}

async function runs({ client, run, reported, snapshot }) {
  await run(client)
  await reported(1)
  await snapshot()
}

const ownTitle = {
  id: 'own-title',
  difficulty: 'disguise',
  cells: () => [
    ['npx', 'claude-code'],
    ['npx', 'codex'],
    ['node', 'qwen'],
    ['env', 'opencode'],
    ['pnpm dlx', 'opencode'],
    ['bash cd', 'claude-code'],
    ['timeout', 'mcporter'],
  ],
  async play(stage) {
    const { client, server, declare, expected } = stage
    await declare(
      client,
      await server({ title: 'worker', args: ['--folder', '/home/ada/documents'] }),
    )
    await runs(stage)
    // What a title hides is not told: the package, and whether the arguments are the server's own.
    const [{ package: _, ...instance }] = expected()
    const quality = instance.root === instance.server ? 'args-subset' : 'launcher'
    return {
      about: 'The server overwrites its arguments with a title of its own.',
      expected: [{ ...instance, quality }],
    }
  },
}

/** A script of the user's own, which is what the client is told to run. */
async function wrap({ client, scene, server, declare }, line) {
  const one = await server()
  const wrapper = `${scene.home}/bin/start-${one.noun}`
  await scene.write(wrapper, `#!/bin/sh\n${line(one)}\n`, 0o755)
  await declare(client, { ...one, program: wrapper })
}

const wrapper = {
  id: 'wrapper',
  difficulty: 'disguise',
  cells: () => [
    ['none', 'claude-code'],
    ['none', 'codex'],
  ],
  async play(stage) {
    await wrap(stage, ({ script }) => `node ${script} "$@"\nexit 0`)
    await runs(stage)
    return {
      about:
        'A shell script of the user’s is configured; it starts another program and waits for it.',
    }
  },
}

const replaced = {
  id: 'wrapper-replaced',
  difficulty: 'disguise',
  cells: () => [['none', 'opencode']],
  async play(stage) {
    await wrap(stage, ({ script }) => `exec node ${script} "$@"`)
    await runs(stage)
    return {
      about:
        'A shell script of the user’s is configured; it became another program before the first look.',
      missed: 'Nothing of what runs is in the configuration, and what the script does is not read.',
    }
  },
}

const linked = {
  id: 'linked',
  difficulty: 'disguise',
  cells: () => [
    ['none', 'gemini'],
    ['none', 'copilot-cli'],
  ],
  play: about('The configured program is a link to another name.', async (stage) => {
    const { client, scene, server, declare } = stage
    const one = await server()
    const link = `${scene.home}/bin/${one.noun}`
    await scene.run('ln', ['-s', one.program, link])
    await declare(client, { ...one, program: link })
    await runs(stage)
  }),
}

export const DISGUISES = [ownTitle, wrapper, replaced, linked]
