/**
 * Programs that are servers for the client and clients of a server elsewhere: mcp-remote, supergateway. They run from the
 * project's own packages, so that npx asks no registry. The address they are given takes the connection and never answers.
 */
const tool = (name) => `/opt/tools/lib/node_modules/${name}`
const ADDRESS = 'http://127.0.0.1:8931/mcp'
const SILENT = "require('net').createServer().listen(8931, '127.0.0.1')"

/** So that it tells the recorder which process it is, as the recorder's own server does. */
const report = ({ noun, args }) =>
  `import { writeFileSync as tellRecorder } from 'node:fs'\ntellRecorder(\`/run/mcp-record/\${process.pid}\`, JSON.stringify({ pid: process.pid, self: ${JSON.stringify(noun)}, args: ${JSON.stringify(args)} }))\n`

/** `program` is the file of the package that its command runs. */
const prepare = (name, program) => async (scene, server) => {
  const modules = `${scene.home}/project/node_modules`
  await scene.run('mkdir', ['-p', `${modules}/.bin`])
  await scene.run('cp', ['-r', tool(name), `${modules}/${name}`])
  await scene.run('ln', ['-s', `../${name}/${program}`, `${modules}/.bin/${name}`])
  const file = `${modules}/${name}/${program}`
  const [first, ...rest] = (await scene.run('cat', [file])).split('\n')
  await scene.write(file, [first, report(server) + rest.join('\n')].join('\n'), 0o755)
  await scene.start('node', ['-e', SILENT], { stdin: 'ignore' })
}

const bridge = (name, program, words) => ({
  id: name,
  needs: [tool(name), 'npx'],
  runs: null,
  versions: () => ({ [name]: ['node', '-p', `require('${tool(name)}/package.json').version`] }),
  prepare: prepare(name, program),
  command: () => ({ command: 'npx', args: ['-y', name, ...words] }),
})

export const mcpRemote = bridge('mcp-remote', 'dist/proxy.js', [ADDRESS, '--allow-http'])
export const supergateway = bridge('supergateway', 'dist/index.js', ['--streamableHttp', ADDRESS])
