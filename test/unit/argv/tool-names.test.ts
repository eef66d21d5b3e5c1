/** A launcher that is not listed would be taken for a plain program wherever it stands first. */
import { describe, expect, it } from 'vitest'
import { isToolName } from '../../../shared/argv/tool-names.ts'
import { unwrap } from '../../../shared/argv/unwrap.ts'
import { describeLine } from './describe.ts'

const LINES = [
  'poetry run x', 'pdm run x', 'pipenv run x', 'rye run x', 'hatch run x', 'conda run x', 'mamba run x',
  'micromamba run x', 'pixi run x', 'go run ./x', 'nix run n#x', 'nix-shell --run x', 'tsx x', 'nodemon x',
  'cross-env A=b x', 'mise x -- x', 'rtx x -- x', 'asdf exec x', 'pyenv exec x', 'nodenv exec x', 'rbenv exec x',
  'jenv exec x', 'goenv exec x', 'pyenv-exec x', 'nvm-exec x', 'volta run x', 'fnm exec x', 'nvm exec 20 x',
  'n exec 20 x', 'proto run x', 'hermit exec x', 'dotenv x', 'env-cmd x', 'op run -- x', 'doppler run -- x',
  'infisical run -- x', 'dotenvx run -- x', 'chamber exec s -- x', 'aws-vault exec p -- x', 'devbox run -- x',
  'disclaimer x', 'nice x', 'ionice x', 'stdbuf x', 'nohup x', 'setsid x', 'arch x', 'taskset 1 x', 'chrt 1 x',
  'setpriv x', 'proxychains x', 'proxychains4 x', 'sandbox-exec x', 'direnv exec . x', 'caffeinate x', 'tini x',
  'dumb-init x', 'catatonit x', 'timeout 1 x', 'flock f x', 'doas x', 'xvfb-run x', 'dbus-run-session x', 'firejail x',
  'env x', 'sudo x', 'corepack x', 'bwrap x', 'cmd /c x', 'sh -c x', 'ash -c x', 'fish -c x',
] // biome-ignore format: a list

describe('every tool that wraps another', () => {
  it.each(LINES)('%s', (line) => {
    expect(unwrap(line.split(' ')).wrappers.length).toBe(1)
    expect(isToolName(line.split(' ')[0] ?? '')).toBe(true)
    expect(describeLine(`/some/bin/${line}`)).toMatch(/^\(.*\) (node )?x\|/)
  })
})

describe('a plain program', () => {
  it('is none', () => {
    for (const name of ['vim', 'x', '', 'nodes', 'pythonista', '__proto__'])
      expect(isToolName(name)).toBe(false)
  })
})
