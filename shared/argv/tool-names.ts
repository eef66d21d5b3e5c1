/** The names of everything that is read as more than a program with arguments. Pure. */
import { interpreterOf } from './interpreter.ts'

// biome-ignore format: a list
const TOOLS = new Set([
  // packages
  'npx', 'npm', 'pnpm', 'pnpx', 'yarn', 'bunx', 'bun', 'uvx', 'uv', 'pipx', 'deno',
  // projects
  'poetry', 'pdm', 'pipenv', 'rye', 'hatch', 'conda', 'mamba', 'micromamba', 'pixi', 'go', 'nix', 'nix-shell', 'tsx',
  'nodemon', 'cross-env', 'cross-env-shell',
  // images
  'docker', 'podman', 'nerdctl',
  // versions and secrets
  'mise', 'rtx', 'asdf', 'pyenv', 'nodenv', 'rbenv', 'jenv', 'goenv', 'asdf-exec', 'pyenv-exec', 'nodenv-exec',
  'nvm-exec', 'volta', 'fnm', 'nvm', 'n', 'proto', 'hermit', 'dotenv', 'env-cmd', 'op', 'doppler', 'infisical',
  'dotenvx', 'teller', 'bws', 'chamber', 'aws-vault', 'devbox', 'flox', 'fnox', 'varlock', 'secretspec', 'vault-exec',
  'with-secrets',
  // the system
  'disclaimer', 'nice', 'ionice', 'stdbuf', 'nohup', 'setsid', 'arch', 'taskset', 'chrt', 'setpriv', 'proxychains',
  'proxychains4', 'sandbox-exec', 'direnv', 'caffeinate', 'tini', 'dumb-init', 'catatonit', 'timeout', 'flock', 'doas',
  'xvfb-run', 'dbus-run-session', 'firejail', 'env', 'sudo', 'corepack', 'bwrap', 'cmd', 'cmd.exe',
  'sh', 'bash', 'zsh', 'dash', 'ksh', 'ash', 'fish',
])

/** Whether a command line that begins with `name` (a base name) may be one of a launcher or an interpreter. */
export function isToolName(name: string): boolean {
  return TOOLS.has(name) || interpreterOf(name) !== null
}
