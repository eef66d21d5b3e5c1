/** What stands before the server's own command and either becomes it or stays above it. */

const before = (id, words, command = words[0]) => ({
  id,
  needs: [command],
  runs: null,
  command: (_, { script, args }) => ({
    command,
    args: [...words.slice(1), 'node', script, ...args],
  }),
})

export const nice = before('nice', ['nice', '-n', '5'])
export const ionice = before('ionice', ['ionice', '-c', '3'])
export const stdbuf = before('stdbuf', ['stdbuf', '-oL'])
export const nohup = before('nohup', ['nohup'])
export const setsid = before('setsid', ['setsid', '--wait'])
export const timeout = before('timeout', ['timeout', '--signal=TERM', '1h'])
export const tini = before('tini', ['tini', '-s', '--'])
export const dumbInit = before('dumb-init', ['dumb-init'])

/** Several at once, the way that scripts for containers stack them. */
export const stacked = {
  id: 'env nice npx',
  needs: ['env', 'nice', 'npx'],
  runs: 'npm',
  versions: () => ({ npm: ['npm', '--version'] }),
  command: (_, { npm, args }) => ({
    command: 'env',
    args: ['NODE_NO_WARNINGS=1', 'nice', 'npx', '-y', npm.name, ...args],
  }),
}

/** env(1) may be given a whole command line as one word. */
export const envSplit = {
  id: 'env -S',
  needs: ['env'],
  runs: null,
  command: (_, { script, args }) => ({
    command: 'env',
    args: ['-S', ['NODE_NO_WARNINGS=1', 'node', script, ...args].join(' ')],
  }),
}
