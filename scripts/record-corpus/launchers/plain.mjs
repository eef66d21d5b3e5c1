/** The launchers that are everywhere: npm's own, a shell, env, and a file that node runs. */

export const npx = {
  id: 'npx',
  needs: ['npx'],
  runs: 'npm',
  versions: () => ({ npm: ['npm', '--version'] }),
  command: (_, { npm, args }) => ({ command: 'npx', args: ['-y', npm.name, ...args] }),
}

export const npmExec = {
  id: 'npm exec',
  needs: ['npm'],
  runs: 'npm',
  versions: () => ({ npm: ['npm', '--version'] }),
  command: (_, { npm, args }) => ({
    command: 'npm',
    args: ['exec', '--yes', '--', `${npm.name}@${npm.version}`, ...args],
  }),
}

export const sh = {
  id: 'sh -c',
  needs: ['sh'],
  runs: null,
  command: (_, { script, args }) => ({
    command: 'sh',
    args: ['-c', ['node', script, ...args].join(' ')],
  }),
}

export const env = {
  id: 'env',
  needs: ['env'],
  runs: null,
  command: (_, { script, args }) => ({
    command: 'env',
    args: ['NODE_NO_WARNINGS=1', 'node', script, ...args],
  }),
}

export const node = {
  id: 'node',
  needs: ['node'],
  runs: null,
  command: (_, { script, args }) => ({ command: 'node', args: [script, ...args] }),
}
