/** Shells that are told the command line as text. Most become the last command of it; dash and fish stay. */

const told = (id, command, options, text) => ({
  id,
  needs: [command],
  runs: null,
  command: (_, server) => ({ command, args: [...options, text(server)] }),
})

const line = ({ script, args }) => ['node', script, ...args].join(' ')
const inFolder = ({ script, args }) => {
  const at = script.lastIndexOf('/')
  const words = ['node', `.${script.slice(at)}`, ...args]
  return `cd ${script.slice(0, at)} && ${words.join(' ')}`
}

export const bashLogin = told('bash -lc', 'bash', ['-lc'], line)
export const bashFolder = told('bash cd', 'bash', ['-c'], inFolder)
export const shFolder = told('sh cd', 'sh', ['-c'], inFolder)
export const zshLogin = told('zsh -lc', 'zsh', ['-lc'], line)
export const fish = told('fish -c', 'fish', ['-c'], line)

/** The shell of a user who logs what the server says of its errors. */
export const shLog = told('sh log', 'sh', ['-c'], (server) => `${line(server)} 2>/tmp/server.log`)

/** A package runner told as text. */
export const bashNpx = {
  id: 'bash -c npx',
  needs: ['bash', 'npx'],
  runs: 'npm',
  versions: () => ({ npm: ['npm', '--version'] }),
  command: (_, { npm, args }) => ({
    command: 'bash',
    args: ['-c', ['npx', '-y', npm.name, ...args].join(' ')],
  }),
}

/** The script and its arguments are the shell's own words, not part of the text. */
export const bashWords = {
  id: 'bash words',
  needs: ['bash'],
  runs: null,
  command: (_, { script, args }) => ({
    command: 'bash',
    args: ['-c', 'exec node "$0" "$@"', script, ...args],
  }),
}
