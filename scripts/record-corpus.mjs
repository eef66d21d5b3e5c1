#!/usr/bin/env node
/**
 * Records cases of the attribution corpus (test/corpus): real clients write their configuration, start their servers through real
 * launchers, and mcp-watch's own source reads what is there. All of it happens in network, mount and pid namespaces of its
 * own, so nothing leaves this machine. Needs Linux, `npm run build`, and root or user namespaces.
 *
 * usage: record-corpus.mjs --clients FOLDER [--tools FOLDER] [--out FOLDER] [--seed NUMBER]
 *          [--scenario IDS] [--launcher IDS] [--client IDS] [--id IDS] | [--sample NUMBER]
 *   --clients  as `npm install --global --prefix FOLDER` fills it with the packages of clients
 *   --tools    the same for launchers
 *   --sample   so many cases drawn by chance
 * IDS are separated by commas. Without them every case is recorded anew: some hundreds, for five seconds each.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { enterStage } from './record-corpus/stage.mjs'

const { values } = parseArgs({
  options: {
    clients: { type: 'string' },
    tools: { type: 'string', default: '' },
    out: { type: 'string', default: join(import.meta.dirname, '../test/corpus/recorded') },
    seed: { type: 'string', default: '1' },
    sample: { type: 'string' },
    scenario: { type: 'string' },
    launcher: { type: 'string' },
    client: { type: 'string' },
    id: { type: 'string' },
  },
})
const { clients = '', tools, out, seed, sample, ...only } = values
mkdirSync(out, { recursive: true })
let failed = 0
const written = []

function write(id, recorded) {
  const file = join(out, `${id}.json`)
  writeFileSync(file, JSON.stringify(recorded))
  return file
}

function keep({ id, case: recorded, failed: fault, leftOut }) {
  if (recorded !== undefined) written.push(write(id, recorded))
  if (fault !== undefined) failed += 1
  process.stderr.write(`${id}: ${fault ?? leftOut ?? 'recorded'}\n`)
}

const { code, complaint } = await enterStage({
  clients,
  tools,
  options: { seed: Number(seed), sample: sample && Number(sample), only },
  keep,
})
if (code !== 0) process.stderr.write(complaint)
process.exitCode = failed > 0 ? 1 : code
// Committed files look as the formatter wants them.
const biome = join(import.meta.dirname, '../node_modules/.bin/biome')
if (written.length > 0) spawnSync(biome, ['format', '--write', ...written])
