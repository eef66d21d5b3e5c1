/** Runners of npm packages besides npm's own. Their programs come from the npm registry themselves. */

const tool = (name) => `/opt/tools/bin/${name}`
const PNPM_12 = '/opt/tools/pnpm-12/bin/pnpm'
const version = (name) => () => ({ [name]: [name, '--version'] })

/** `words` is all that stands before the package. */
const runner = (id, words, name = words[0]) => ({
  id,
  needs: [tool(words[0])],
  runs: 'npm',
  versions: version(name),
  command: (_, { npm, args }) => ({
    command: words[0],
    args: [...words.slice(1), npm.name, ...args],
  }),
})

export const pnpmDlx = runner('pnpm dlx', ['pnpm', 'dlx'])
export const pnpx = runner('pnpx', ['pnpx'], 'pnpm')
export const bunx = runner('bunx', ['bunx'], 'bun')
export const bunX = {
  ...runner('bun x', ['bun', 'x']),
  command: (_, { npm, args }) => ({
    command: 'bun',
    args: ['x', `${npm.name}@${npm.version}`, ...args],
  }),
}

/** The program's words say node, its executable is bun. */
export const bunxBun = { ...runner('bunx --bun', ['bunx', '--bun'], 'bun'), difficulty: 'disguise' }

/** Yarn takes a registry without encryption, and what was published just now, only where it is told to. */
const allowRegistry = ({ home, registry, write }) =>
  write(
    `${home}/.yarnrc.yml`,
    `npmRegistryServer: "${registry.npm.replace(/\/$/, '')}"\nunsafeHttpWhitelist: ["127.0.0.1"]\nenableTelemetry: false\nnpmMinimalAgeGate: 0\n`,
  )

export const yarnDlx = { ...runner('yarn dlx', ['yarn', 'dlx']), prepare: allowRegistry }
export const yarnDlxPackage = {
  ...yarnDlx,
  id: 'yarn dlx -p',
  command: (_, { npm, args }) => ({
    command: 'yarn',
    args: ['dlx', '-q', '-p', `${npm.name}@${npm.version}`, npm.bin, ...args],
  }),
}

/** npm's title tells the program, not the package it is in. */
export const npxPackage = {
  id: 'npx -p',
  needs: ['npx'],
  runs: 'npm',
  difficulty: 'disguise',
  versions: version('npm'),
  command: (_, { npm, args }) => ({
    command: 'npx',
    args: ['--yes', `--package=${npm.name}@${npm.version}`, '--', npm.bin, ...args],
  }),
}

/** npm's title tells nothing at all. */
export const npxCall = {
  ...npxPackage,
  id: 'npx -c',
  command: (_, { npm, args }) => ({
    command: 'npx',
    args: ['-y', '-p', npm.name, '-c', [npm.bin, ...args].join(' ')],
  }),
}

/** Since its version 12 pnpm is a program of machine code, which has a shell watch over the groups of what it starts. */
export const pnpmNative = {
  ...pnpmDlx,
  id: 'pnpm 12 dlx',
  needs: [PNPM_12],
  versions: () => ({ pnpm: [PNPM_12, '--version'] }),
  command: (_, { npm, args }) => ({ command: PNPM_12, args: ['dlx', npm.name, ...args] }),
}
