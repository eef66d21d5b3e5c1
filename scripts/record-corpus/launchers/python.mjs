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

export const module = installed('python -m', (scene, { pypi, args }) => ({
  command: `${environment(scene)}/bin/python`,
  args: ['-m', pypi.module, ...args],
}))

export const environmentScript = installed('venv script', (scene, { pypi, args }) => ({
  command: `${environment(scene)}/bin/${pypi.script}`,
  args,
}))

/**
 * pipx wants pip's own packages for its environments: the system's wheels serve. Run once before, so that the environment is
 * there when the client starts it, for clients are not patient.
 */
const WHEELS = '/usr/share/python-wheels'
const warmUp = (scene, words) =>
  scene.run('pipx', words, { env: { PIP_FIND_LINKS: WHEELS, MCP_RECORD_SKIP: '1' } })

export const pipxInstalled = {
  id: 'pipx install',
  needs: ['pipx', WHEELS],
  runs: 'pypi',
  versions: python('pipx'),
  prepare: (scene, { pypi }) => warmUp(scene, ['install', '--quiet', requirement(pypi)]),
  command: ({ home }, { pypi, args }) => ({ command: `${home}/.local/bin/${pypi.script}`, args }),
}

/** The environment is made while the client waits, by the pip of an environment that was made before. */
async function sharePip(scene) {
  await scene.write(`${scene.home}/.config/pip/more.conf`, '')
  await scene.run('pipx', ['list'], { env: { PIP_FIND_LINKS: WHEELS } })
}

const pipxRun = (id, wordsOf) => ({
  id,
  needs: ['pipx', WHEELS],
  runs: 'pypi',
  versions: python('pipx'),
  prepare: sharePip,
  command: (_, { pypi, args }) => ({ command: 'pipx', args: ['run', ...wordsOf(pypi), ...args] }),
})

export const pipxSpec = pipxRun('pipx run --spec', (pypi) => [
  '--spec',
  requirement(pypi),
  pypi.script,
])

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
