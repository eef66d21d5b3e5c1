/** Runtimes that are the server's own process: nothing stands above it. */

const tool = (name) => `/opt/tools/bin/${name}`

const runtime = (id, command, words) => ({
  id,
  needs: [tool(command)],
  runs: null,
  versions: () => ({ [command]: [command, '--version'] }),
  command: (_, { script, args }) => ({ command, args: [...words, script, ...args] }),
})

export const bunRun = runtime('bun run', 'bun', ['run'])
export const bun = runtime('bun', 'bun', [])
export const denoRun = runtime('deno run', 'deno', ['run', '-A'])

export const denoPackage = {
  id: 'deno run npm:',
  needs: [tool('deno')],
  runs: 'npm',
  versions: denoRun.versions,
  command: (_, { npm, args }) => ({
    command: 'deno',
    args: ['run', '-A', `npm:${npm.name}@${npm.version}`, ...args],
  }),
}
/** It becomes another program's command line: `deno run file:…`. */
export const denoX = {
  ...denoPackage,
  id: 'deno x',
  difficulty: 'disguise',
  command: (_, { npm, args }) => ({
    command: 'deno',
    args: ['x', '-A', `npm:${npm.name}`, ...args],
  }),
}
