/**
 * Programs as Nix wraps them: a shell script in the store, which becomes the program it hides under its own name, and a profile
 * that links to it. Needs no Nix: wrapper, store and profile are made here in the shape that they have there.
 */
const HASH = 'x8k3vq1p0c7r5yd2jm9w4sz6fnb8ghl0'
const pathsOf = ({ home }, { npm: { bin, version } }) => {
  const store = `${home}/.local/share/nix/base/nix/store/${HASH}-${bin}-${version}/bin`
  return {
    shown: `${store}/${bin}`,
    hidden: `${store}/.${bin}-wrapped`,
    link: `${home}/.nix-profile/bin/${bin}`,
  }
}

/** Puts `program` behind a wrapper. */
async function wrap(scene, server, program) {
  const { shown, hidden, link } = pathsOf(scene, server)
  const lines = ['#!/bin/bash -e', 'export LANG=C.UTF-8', `exec -a "$0" "${hidden}" "$@"`]
  await scene.write(shown, `${lines.join('\n')}\n`, 0o755)
  await scene.run('cp', [program, hidden])
  await scene.run('mkdir', ['-p', link.slice(0, link.lastIndexOf('/'))])
  await scene.run('ln', ['-s', shown, link])
}

const wrapped = (id, programOf, needs) => ({
  id,
  needs: ['bash', ...needs],
  runs: null,
  difficulty: 'disguise',
  prepare: (scene, server) => wrap(scene, server, programOf(server)),
  command: (scene, server) => ({ command: pathsOf(scene, server).link, args: server.args }),
})

/** Its first argument is the wrapper's path, its executable the hidden one. */
export const nixProgram = wrapped('nix program', ({ program }) => program, ['cc'])
/** The kernel puts python in front of the hidden file: the wrapper's path is nowhere. */
export const nixPython = wrapped('nix python', ({ python }) => python, ['python3'])
