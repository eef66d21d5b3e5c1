/** The ways there are to start a server, one by one. */
import { describe, expect, it } from 'vitest'
import { describeLine } from './describe.ts'

function holds(cases: readonly (readonly [line: string, expected: string])[]): void {
  it.each(cases)('%s', (line, expected) => {
    expect(describeLine(line)).toBe(expected)
  })
}

describe('package runners of JavaScript', () => {
  holds([
    ['npx -p @s/p bin /d', 'launcher npm:@s/p bin|/d'],
    ['npx --package=@s/p@2 -- bin /d', 'launcher npm:@s/p bin|/d'],
    ['npx -p typescript -p my-mcp my-mcp /d', 'launcher npm:my-mcp my-mcp|/d'],
    ['npx -p one -p two bin', 'launcher npm:one+two bin|'],
    ['npx -p alias@npm:@s/real@1.2.3 real', 'launcher npm:@s/real real|'],
    ['npx --cafile /etc/ca.pem --yes p', 'launcher npm:p|'],
    ['npx github:owner/repo#v1 a', 'launcher npm:github:owner/repo#v1|a'],
    ['npm --prefix /w x -- p a', 'launcher npm:p|a'],
    ['npm exec --yes --package=p -- bin a', 'launcher npm:p bin|a'],
    ['pnpm --package=@s/p dlx bin a', 'launcher pnpm:@s/p bin|a'],
    ['pnpm --silent dlx @s/p', 'launcher pnpm:@s/p|'],
    ['node /usr/lib/node_modules/pnpm/bin/pnpm.cjs dlx p', 'launcher pnpm:p|'],
    ['yarn dlx -q -p p bin a', 'launcher yarn:p bin|a'],
    ['node /w/.yarn/releases/yarn-4.5.0.cjs dlx p', 'launcher yarn:p|'],
    ['bunx --bun p a', 'launcher bun:p|a'],
    ['bunx --package p bin', 'launcher bun:p bin|'],
    ['bun --bun x p', 'launcher bun:p|'],
    ['deno run -A -r npm:@s/p@1/tool a', 'deno:@s/p tool|a'],
    ['deno x -A npm:p', 'deno:p|'],
    ['npx -y @smithery/cli@latest run @o/server --key k', 'launcher npm:@smithery/cli|run @o/server --key k'],
    ['npx -y mcp-remote https://h/mcp', 'launcher npm:mcp-remote|https://h/mcp'],
    ['npx -y supergateway --stdio x', 'launcher npm:supergateway|--stdio x'],
  ]) // biome-ignore format: a table

  it('that are told a text run what it says', () => {
    expect(describeLine(['npx', '-p', 'p', '-c', "bin '/a b'"])).toBe('(among-children) bin|/a b')
    expect(describeLine(['npx', '-c', 'a | b'])).toBe('npx|-c a | b')
  })
})

describe('tasks of a project', () => {
  holds([
    ['npm run start:mcp', 'launcher npm task start:mcp|'],
    ['npm --prefix /w run --silent start -- --x', 'launcher npm task start|--x @/w'],
    ['npm start', 'launcher npm task start|'],
    ['node /usr/bin/npm run-script mcp', 'launcher npm task mcp|'],
    ['pnpm -C /w run mcp a', 'launcher pnpm task mcp|a @/w'],
    ['pnpm mcp', 'launcher pnpm task mcp|'],
    ['yarn --cwd /w start', 'launcher yarn task start| @/w'],
    ['bun run mcp', 'launcher bun task mcp|'],
    ['bun --cwd /w run mcp', 'launcher bun task mcp| @/w'],
    ['deno task mcp', 'launcher deno task mcp|'],
    ['mise run mcp', 'launcher mise task mcp|'],
    ['bun run src/index.ts a', 'bun src/index.ts|a'],
    ['bun --watch /w/index.ts', 'bun /w/index.ts|'],
    ['npm install', 'npm|install'],
    ['npm run', 'npm|run'],
  ])
})

describe('programs of a project', () => {
  holds([
    ['pnpm exec tool a', '(only-child) tool|a'],
    ['pnpm --dir /w exec tool', '(only-child) tool| @/w'],
    ['yarn exec tool a', '(only-child) tool|a'],
    ['yarn node server.js', '(only-child) node server.js|'],
    ['npx tsx src/server.ts a', '(among-children among-children) node src/server.ts|a'],
    ['npm exec tsx watch x.ts', '(among-children among-children) node x.ts|'],
    ['node /w/node_modules/.bin/tsx x.ts', '(among-children) node x.ts|'],
    ['npx -y dotenv-cli -e .env -- node x.js', '(among-children only-child) node x.js|'],
    ['cross-env A=b node x.js', '(only-child) node x.js|'],
    ['nodemon --watch src x.js', '(only-child) node x.js|'],
    ['node --watch x.js a', '(only-child) node x.js|a'],
    ['node --check x.js', 'node|--check x.js'],
    ['go run ./cmd/tool@v1 a', '(among-children) tool|a'],
    ['nix run nixpkgs#mcp-tool -- a', '(replaces) mcp-tool|a'],
    ['nix --extra-experimental-features flakes shell nixpkgs#nodejs -c node x.js', 'nix|--extra-experimental-features flakes shell nixpkgs#nodejs -c node x.js'],
    ['nix shell nixpkgs#nodejs -c node x.js', '(replaces) node x.js|'],
    ['nix develop -c tool a', '(replaces) tool|a'],
  ]) // biome-ignore format: a table
})

describe('Python', () => {
  holds([
    ['uvx --from git+https://h/o/r@v1 tool a', 'launcher uv:git+https://h/o/r@v1 tool|a'],
    ['uv tool run --with x My_Tool@1.2 a', 'launcher uv:my-tool|a'],
    ['uv --directory /w run --with x server.py a', '(among-children) python server.py|a @/w'],
    ['uv run --with mcp[cli] mcp run /w/s.py', '(among-children) mcp|run /w/s.py'],
    ['uv run --script s a', '(among-children) python s|a'],
    ['uv run python -m mod a', '(among-children) python -m mod|a'],
    ['uvx --with x python -m mod', '(among-children) python -m mod|'],
    ['pipx run --spec git+https://h/r tool', 'launcher pipx:git+https://h/r tool|'],
    ['python3 -m pipx run tool a', 'launcher pipx:tool|a'],
    ['/usr/bin/python3 /usr/bin/pipx run tool', 'launcher pipx:tool|'],
    ['poetry -C /w run tool a', '(only-child) tool|a @/w'],
    ['/usr/bin/python3 /usr/bin/poetry run python s.py', '(only-child) python s.py|'],
    ['hatch run dev:tool a', '(among-children) tool|a'],
    ['python3 -m hatch -e dev run tool', '(among-children) tool|'],
    ['pdm run -p /w tool', '(among-children) tool|'],
    ['rye run tool', '(only-child) tool|'],
    ['pipenv run python s.py', '(only-child) python s.py|'],
    ['conda run -n e --no-capture-output python s.py', '(among-children) python s.py|'],
    ['micromamba run -p /e tool', '(among-children) tool|'],
    ['pixi run -e dev tool a', '(only-child) tool|a'],
    ['python3.12 -u -m pkg.mod a', 'python -m pkg.mod|a'],
    ['/x/Python.app/Contents/MacOS/Python s.py', 'python s.py|'],
    ['pypy3 s.py', 'python s.py|'],
    ['python3 /x/debugpy --wait-for-client --connect 127.0.0.1:1 /w/s.py a', 'python /w/s.py|a'],
  ])
})

describe('version managers and what fetches secrets', () => {
  holds([
    ['volta run --node 20 npx p', '(only-child) npm:p|'],
    ['mise x node@20 -- npx p', '(replaces) npm:p|'],
    ['mise exec -C /w -- node s.js', '(replaces) node s.js| @/w'],
    ['asdf exec npx p', '(replaces) npm:p|'],
    ['bash /home/u/.asdf/shims/npx p', 'launcher npm:p|'],
    ['bash /home/u/.pyenv/libexec/pyenv-exec python3 s.py', '(replaces) python s.py|'],
    ['pyenv exec python s.py', '(replaces) python s.py|'],
    ['nvm exec --silent 20 npx p', '(replaces) npm:p|'],
    ['nvm run 20 s.js a', '(replaces) node s.js|a'],
    ['bash /home/u/.nvm/nvm-exec npx p', '(replaces) npm:p|'],
    ['fnm exec --using=20 -- npx p', '(only-child) npm:p|'],
    ['fnm exec --using 20 npx p', '(only-child) npm:p|'],
    ['n exec 20 node s.js', '(replaces) node s.js|'],
    ['proto run node 20 -- s.js', '(replaces) node s.js|'],
    ['/g/hermit --level=fatal exec /g/bin/npx -- -y p', '(replaces) npm:p|'],
    ['op run --env-file=.env -- npx p', '(only-child) npm:p|'],
    ['doppler run -- uvx p', '(only-child) uv:p|'],
    ['aws-vault exec prof -- node s.js', '(only-child) node s.js|'],
    ['direnv exec . tool a', '(replaces) tool|a'],
    ['volta list', 'volta|list'],
    ['mise install', 'mise|install'],
  ])
})

describe('wrappers of the system', () => {
  holds([
    ['env -i -u X A=b C= npx p', '(replaces) npm:p|'],
    ['env --chdir=/w A=b node s.js', '(replaces) node s.js| @/w'],
    ['nice -n 5 node s.js', '(replaces) node s.js|'],
    ['nice -n5 node s.js', '(replaces) node s.js|'],
    ['stdbuf -oL -e 0 tool', '(replaces) tool|'],
    ['arch -arm64 npx p', '(replaces) npm:p|'],
    ['nohup setsid tool a', '(replaces replaces) tool|a'],
    ['taskset -c 0,1 tool', '(replaces) tool|'],
    ['timeout -k 5 60 tool a', '(only-child) tool|a'],
    ['sudo -E -u u A=b tool a', '(only-child) tool|a'],
    ['tini -s -- tool', '(only-child) tool|'],
    ['flock -n /l tool', '(only-child) tool|'],
    ['xvfb-run -a npx p', '(among-children) npm:p|'],
    ['bwrap --ro-bind / / --unshare-net --dev /dev -- node s.js', '(only-child) node s.js|'],
    ['sandbox-exec -f p.sb node s.js', '(replaces) node s.js|'],
    ['corepack yarn@4 dlx p', '(replaces) yarn:p|'],
    ['/A/Helpers/disclaimer --pgroup -- npx p', '(helper) npm:p|'],
    ['/nix/store/x-bash/bin/bash -e /nix/store/x/bin/tool a', '/nix/store/x/bin/tool|a'],
  ])

  it('env -S holds several words in one', () => {
    expect(describeLine(['/usr/bin/env', '-S', "node --flag 'x y.js'", 'a'])).toBe(
      '(replaces) node x y.js|a',
    )
    expect(describeLine(['env', '-iS', 'A=b npx p'])).toBe('(replaces) npm:p|')
    expect(describeLine(['env', '--split-string=npx p'])).toBe('(replaces) npm:p|')
  })

  it('a secret among the variables of env is one too', () => {
    expect(describeLine(['env', '\0\0digest', 'npx', 'p'])).toBe('(replaces) npm:p|')
  })
})

describe('shells', () => {
  it.each([
    [['bash', '-lc', 'npx -y p'], '(only-child) npm:p|'],
    [['zsh', '-i', '-c', "npx -y p '/a b'"], '(only-child) npm:p|/a b'],
    [['zsh', '-ilc', 'exec "npx" "-y" "p"'], '(only-child) npm:p|'],
    [['bash', '--login', '--rcfile', '/r', '-c', 'tool'], '(only-child) tool|'],
    [['bash', '-o', 'pipefail', '-c', 'tool a'], '(only-child) tool|a'],
    [['fish', '--command', 'tool a'], '(only-child) tool|a'],
    [['sh', '-c', 'cd /w && A=b exec node s.js'], '(only-child) node s.js| @/w'],
    [['bash', '-c', '. ~/.nvm/nvm.sh && nvm use 20 >/dev/null && npx p'], '(among-children) npm:p|'],
    [['bash', '-c', 'eval "$(fnm env)"; npx p'], '(among-children) npm:p|'],
    [['bash', '-c', '[ -s "$N/nvm.sh" ] && . "$N/nvm.sh"; nvm exec 20 npx p'], '(among-children replaces) npm:p|'],
    [['sh', '-c', 'npm run build && node dist/x.js'], '(among-children) node dist/x.js|'],
    [['sh', '-c', 'node $(which x)'], 'sh|-c node $(which x)'],
    [['sh', '-c', 'node x.js; cleanup'], 'sh|-c node x.js; cleanup'],
  ] as const)('%s', (line, expected) => {
    expect(describeLine(line)).toBe(expected)
  }) // biome-ignore format: a table
})
