#!/usr/bin/env node
/**
 * Records what a real Docker answers (test/fixtures/docker-api): an engine of its own in network, mount and pid namespaces
 * of its own plays a scene, and mcp-watch's own source asks it. Nothing leaves this machine and nothing stays on it. Needs
 * Linux, root, dockerd, containerd, runc, iptables, and `npm run build`.
 *
 * usage: record-docker.mjs [--docker COMMAND] [--out FOLDER]
 *   --docker  the command that a client would start; by default that of the PATH
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { filesOf } from './record-docker/clean.mjs'
import { enterStage } from './record-docker/stage.mjs'

const { values } = parseArgs({
  options: {
    docker: { type: 'string', default: 'docker' },
    out: { type: 'string', default: join(import.meta.dirname, '../test/fixtures/docker-api') },
  },
})
const { said, complaint, code } = await enterStage('scripts/record-docker/inside.mjs', [
  values.docker,
])
if (code === 0) {
  const { folder, files } = filesOf(JSON.parse(said))
  mkdirSync(join(values.out, folder), { recursive: true })
  for (const [name, text] of files) writeFileSync(join(values.out, folder, name), text)
  process.stderr.write(`recorded ${folder}\n`)
} else process.stderr.write(complaint)
process.exitCode = code
