/** Runners of a project's own tasks and of the programs that are installed in it. */

const tool = (name) => `/opt/tools/bin/${name}`
const folderOf = ({ script }) => script.slice(0, script.lastIndexOf('/'))

/** The task `serve` of a project in which the server's script is. */
async function declareTask({ write }, server) {
  const { noun } = server
  const manifest = { name: `${noun}-project`, version: '0.1.0', private: true }
  const whole = { ...manifest, type: 'module', scripts: { serve: 'node ./server.mjs' } }
  await write(`${folderOf(server)}/package.json`, JSON.stringify(whole))
}

const task = (id, command, wordsOf, needs) => ({
  id,
  needs: [needs ?? command],
  runs: null,
  // What the task runs is in no configuration.
  quality: 'launcher',
  versions: () => ({ [command]: [command, '--version'] }),
  prepare: declareTask,
  command: (_, server) => ({ command, args: wordsOf(folderOf(server), server.args) }),
})

export const npmRun = task('npm run', 'npm', (folder, args) => [
  '--prefix',
  folder,
  'run',
  '--silent',
  'serve',
  '--',
  ...args,
])
export const pnpmRun = task(
  'pnpm run',
  'pnpm',
  (folder, args) => ['--silent', '-C', folder, 'run', 'serve', ...args],
  tool('pnpm'),
)
export const bunTask = task(
  'bun run task',
  'bun',
  (folder, args) => ['run', '--silent', '--cwd', folder, 'serve', ...args],
  tool('bun'),
)

/** Puts the package into the project. */
async function install(scene, server) {
  await declareTask(scene, server)
  const { name, version } = server.npm
  await scene.run('npm', ['install', '--prefix', folderOf(server), `${name}@${version}`])
}

const installed = (id, command, wordsOf, needs) => ({
  ...task(id, command, wordsOf, needs),
  runs: 'npm',
  quality: 'exact',
  prepare: install,
  command: (_, server) => ({
    command,
    args: [...wordsOf(folderOf(server)), server.npm.bin, ...server.args],
  }),
})

export const npmExecInstalled = installed('npm exec bin', 'npm', (folder) => [
  '--prefix',
  folder,
  'exec',
  '--',
])
export const pnpmExec = installed(
  'pnpm exec',
  'pnpm',
  (folder) => ['-C', folder, 'exec'],
  tool('pnpm'),
)
