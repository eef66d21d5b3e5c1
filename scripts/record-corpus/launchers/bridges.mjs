/**
 * Programs that are servers for the client and clients of a server elsewhere: mcp-remote, supergateway, Smithery. They run from
 * the project's own packages, so that npx asks no registry. The address they are given takes the connection and never answers.
 */
const ADDRESS = 'http://127.0.0.1:8931/mcp'
const SILENT = "require('net').createServer().listen(8931, '127.0.0.1')"

/** So that it tells the recorder which process it is, as the recorder's own server does. */
const report = ({ noun, args }) =>
  `import { writeFileSync as tellRecorder } from 'node:fs'\ntellRecorder(\`/run/mcp-record/\${process.pid}\`, JSON.stringify({ pid: process.pid, self: ${JSON.stringify(noun)}, args: ${JSON.stringify(args)} }))\n`

/** Installed each by itself below `bridges`, as `npm install --prefix` does. `program` is the file that its command runs. */
const bridge = (id, { name = id, program }, words) => {
  const installed = `/opt/tools/bridges/${id}/node_modules`
  return {
    id,
    needs: [`${installed}/${name}`, 'npx'],
    runs: null,
    versions: () => ({
      [id]: ['node', '-p', `require('${installed}/${name}/package.json').version`],
    }),
    async prepare(scene, server) {
      const modules = `${scene.home}/project/node_modules`
      await scene.run('cp', ['-r', installed, modules])
      const file = `${modules}/${name}/${program}`
      const [first, ...rest] = (await scene.run('cat', [file])).split('\n')
      await scene.write(file, [first, report(server) + rest.join('\n')].join('\n'), 0o755)
      await scene.start('node', ['-e', SILENT], { stdin: 'ignore' })
    },
    command: () => ({ command: 'npx', args: ['-y', name, ...words] }),
  }
}

export const mcpRemote = bridge('mcp-remote', { program: 'dist/proxy.js' }, [
  ADDRESS,
  '--allow-http',
])
export const supergateway = bridge('supergateway', { program: 'dist/index.js' }, [
  '--streamableHttp',
  ADDRESS,
])
/** Its last version that could `run` a server, 1.6; it waits for what it would ask its registry. */
export const smithery = bridge('smithery', { name: '@smithery/cli', program: 'dist/index.js' }, [
  'run',
  '@harbor/tides',
  '--key',
  'none',
])
