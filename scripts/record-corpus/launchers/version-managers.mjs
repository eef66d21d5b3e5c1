/**
 * Managers of several versions of node and python. Their commands are scripts that become the program in the end. Node's files are
 * the machine's own, put where the manager would have put them; the managers' are below /opt/tools.
 */
const NODE = '/usr/bin/node'
const NPM = '/usr/lib/node_modules/npm'
const VERSION = process.versions.node
const needs = (...more) => [NODE, NPM, ...more.map((path) => `/opt/tools/${path}`)]

/** A version of node as its archives have it. */
async function putNode({ run }, folder) {
  await run('mkdir', ['-p', `${folder}/bin`, `${folder}/lib/node_modules`])
  await run('cp', [NODE, `${folder}/bin/node`])
  await run('cp', ['-r', NPM, `${folder}/lib/node_modules/npm`])
  for (const name of ['npm', 'npx'])
    await run('ln', ['-s', `../lib/node_modules/npm/bin/${name}-cli.js`, `${folder}/bin/${name}`])
}

async function prepareNvm(scene) {
  const folder = `${scene.home}/.nvm`
  await scene.run('cp', ['-r', '/opt/tools/nvm', folder])
  await putNode(scene, `${folder}/versions/node/v${VERSION}`)
  await scene.write(`${folder}/alias/default`, `${VERSION}\n`)
}

const nvm = {
  needs: needs('nvm/nvm.sh'),
  runs: null,
  versions: () => ({ nvm: ['bash', '-c', '. /opt/tools/nvm/nvm.sh --no-use; nvm --version'] }),
  prepare: prepareNvm,
}
const nvmText = (home, text) => ['bash', '-c', `. ${home}/.nvm/nvm.sh && ${text}`]
const told = ([command, ...args]) => ({ command, args })

/** nvm's function stays above the server in a shell of its own. */
export const nvmExec = {
  ...nvm,
  id: 'nvm exec',
  command: ({ home }, { script, args }) =>
    told(nvmText(home, ['nvm exec --silent', VERSION, 'node', script, ...args].join(' '))),
}

export const nvmNpx = {
  ...nvm,
  id: 'nvm npx',
  runs: 'npm',
  command: ({ home }, { npm, args }) =>
    told(nvmText(home, ['npx -y', npm.name, ...args].join(' '))),
}

export const nvmPath = {
  ...nvm,
  id: 'nvm path',
  command: ({ home }, { script, args }) => ({
    command: `${home}/.nvm/versions/node/v${VERSION}/bin/node`,
    args: [script, ...args],
  }),
}

/** The least that a plugin has to be: what it would install is there already. */
async function prepareAsdf(scene) {
  const folder = `${scene.home}/.asdf`
  await scene.run('cp', ['-r', '/opt/tools/asdf', folder])
  for (const name of ['list-all', 'download', 'install'])
    await scene.write(`${folder}/plugins/nodejs/bin/${name}`, '#!/bin/sh\nexit 0\n', 0o755)
  await putNode(scene, `${folder}/installs/nodejs/${VERSION}`)
  await scene.write(`${scene.home}/.tool-versions`, `nodejs ${VERSION}\n`)
  await scene.run(`${folder}/bin/asdf`, ['reshim', 'nodejs', VERSION])
}

const asdf = {
  needs: needs('asdf/bin/asdf'),
  runs: null,
  versions: () => ({ asdf: ['/opt/tools/asdf/bin/asdf', 'version'] }),
  prepare: prepareAsdf,
}

export const asdfShim = {
  ...asdf,
  id: 'asdf shim',
  command: ({ home }, { script, args }) => ({
    command: `${home}/.asdf/shims/node`,
    args: [script, ...args],
  }),
}

export const asdfExec = {
  ...asdf,
  id: 'asdf exec',
  command: ({ home }, { script, args }) => ({
    command: `${home}/.asdf/bin/asdf`,
    args: ['exec', 'node', script, ...args],
  }),
}

export const asdfNpx = {
  ...asdf,
  id: 'asdf npx',
  runs: 'npm',
  command: ({ home }, { npm, args }) => ({
    command: `${home}/.asdf/shims/npx`,
    args: ['-y', npm.name, ...args],
  }),
}

async function prepareMise(scene) {
  const folder = `${scene.home}/.local/share/mise/installs/node/${VERSION}`
  await putNode(scene, folder)
  const env = { MISE_OFFLINE: '1' }
  await scene.run('mise', ['use', '--global', `node@${VERSION}`], { env })
  await scene.run('mise', ['reshim'], { env })
}

const mise = {
  needs: needs('bin/mise'),
  runs: null,
  prepare: prepareMise,
  versions: () => ({ mise: ['mise', '--version'] }),
}

export const miseExec = {
  ...mise,
  id: 'mise x',
  command: (_, { script, args }) => ({
    command: 'mise',
    args: ['x', `node@${VERSION}`, '--', 'node', script, ...args],
  }),
}

export const miseNpx = {
  ...mise,
  id: 'mise exec npx',
  runs: 'npm',
  command: (_, { npm, args }) => ({
    command: 'mise',
    args: ['exec', `node@${VERSION}`, '--', 'npx', '-y', npm.name, ...args],
  }),
}

export const miseShim = {
  ...mise,
  id: 'mise shim',
  command: ({ home }, { script, args }) => ({
    command: `${home}/.local/share/mise/shims/node`,
    args: [script, ...args],
  }),
}

/** `/opt/tools/pyenv` is a pyenv with one version whose python finds its library by itself. */
async function preparePyenv(scene) {
  const folder = `${scene.home}/.pyenv`
  await scene.run('cp', ['-r', '/opt/tools/pyenv', folder])
  const [version] = (await scene.run('ls', [`${folder}/versions`])).split('\n')
  await scene.run(`${folder}/bin/pyenv`, ['rehash'])
  await scene.run(`${folder}/bin/pyenv`, ['global', version])
}

const pyenv = {
  needs: ['/opt/tools/pyenv/bin/pyenv'],
  runs: null,
  versions: () => ({ pyenv: ['/opt/tools/pyenv/bin/pyenv', '--version'] }),
  prepare: preparePyenv,
}

export const pyenvShim = {
  ...pyenv,
  id: 'pyenv shim',
  command: ({ home }, { python, args }) => ({
    command: `${home}/.pyenv/shims/python3`,
    args: [python, ...args],
  }),
}

export const pyenvExec = {
  ...pyenv,
  id: 'pyenv exec',
  command: ({ home }, { python, args }) => ({
    command: `${home}/.pyenv/bin/pyenv`,
    args: ['exec', 'python', python, ...args],
  }),
}
