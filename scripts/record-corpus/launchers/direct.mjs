/** No launcher at all: the client starts the server's own program. */

/** A program of machine code. */
export const none = {
  id: 'none',
  needs: ['cc'],
  runs: null,
  command: (_, { program, args }) => ({ command: program, args }),
}

/** What `npm install --global` puts into the PATH: found by its bare name, run by node. */
export const globalBin = {
  id: 'global bin',
  needs: ['npm'],
  runs: 'npm',
  prepare: (scene, { npm }) =>
    scene.run('npm', [
      'install',
      '--global',
      '--prefix',
      `${scene.home}/.local`,
      `${npm.name}@${npm.version}`,
    ]),
  command: (_, { npm, args }) => ({ command: npm.bin, args }),
}
