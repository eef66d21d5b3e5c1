/** Python: a file, an installed module, and the tools that make a virtual environment first. */
import { dirname } from 'node:path'

const python = (name) => () => ({ [name]: [name, '--version'] })
const requirement = ({ name, version }) => `${name}==${version}`
const environment = ({ home }) => `${home}/.venv`

export const pythonFile = {
  id: 'python',
  needs: ['python3'],
  runs: null,
  versions: python('python3'),
  command: (_, server) => ({ command: 'python3', args: ['-u', server.python, ...server.args] }),
}

/** A virtual environment of the user's, with the package in it. */
async function installInEnvironment(scene, { pypi }) {
  const folder = environment(scene)
  await scene.run('python3', ['-m', 'venv', folder])
  await scene.run(`${folder}/bin/pip`, ['install', '--quiet', requirement(pypi)])
}

const installed = (id, command) => ({
  id,
  needs: ['python3'],
  runs: 'pypi',
  versions: python('python3'),
  prepare: installInEnvironment,
  command,
})

/** No file of the package is in its command line, so that nothing tells its version. */
export const module = {
  ...installed('python -m', (scene, { pypi, args }) => ({
    command: `${environment(scene)}/bin/python`,
    args: ['-m', pypi.module, ...args],
  })),
  runs: null,
}

export const environmentScript = installed('venv script', (scene, { pypi, args }) => ({
  command: `${environment(scene)}/bin/${pypi.script}`,
  args,
}))

/** What pipx installed is linked into the user's own folder for programs. */
export const pipxInstalled = {
  id: 'pipx install',
  needs: ['pipx'],
  runs: 'pypi',
  versions: python('pipx'),
  prepare: (scene, { pypi }) => scene.run('pipx', ['install', requirement(pypi)]),
  command: ({ home }, { pypi, args }) => ({ command: `${home}/.local/bin/${pypi.script}`, args }),
}

/** The environment is made while the client waits; pipx then becomes the server. */
export const pipxRun = {
  id: 'pipx run',
  needs: ['pipx'],
  runs: 'pypi',
  versions: python('pipx'),
  command: (_, { pypi, args }) => ({
    command: 'pipx',
    args: ['run', '--spec', requirement(pypi), pypi.script, ...args],
  }),
}

/** A project whose own script is the server. */
async function makeProject(scene, server) {
  const folder = dirname(server.python)
  const { name, version, script } = server.pypi
  const lines = [
    '[tool.poetry]',
    `name = "${name}"`,
    `version = "${version}"`,
    'description = ""',
    'authors = ["Ada <ada@example.org>"]',
    'packages = [{ include = "server.py" }]',
    '[tool.poetry.dependencies]',
    'python = "^3.9"',
    '[tool.poetry.scripts]',
    `${script} = "server:main"`,
    '[build-system]',
    'requires = ["poetry-core"]',
    'build-backend = "poetry.core.masonry.api"',
  ]
  await scene.write(`${folder}/pyproject.toml`, `${lines.join('\n')}\n`)
  await scene.run('poetry', ['install', '--no-interaction'], { cwd: folder })
}

const poetry = (id, wordsOf) => ({
  id,
  needs: ['poetry'],
  runs: null,
  versions: python('poetry'),
  prepare: makeProject,
  command: (_, server) => ({
    command: 'poetry',
    args: ['--directory', dirname(server.python), 'run', ...wordsOf(server), ...server.args],
  }),
})

export const poetryPython = poetry('poetry run python', (server) => ['python', server.python])
/** The program's arguments are in the text that python is given. */
export const poetryScript = {
  ...poetry('poetry run script', ({ pypi }) => [pypi.script]),
  difficulty: 'disguise',
}
