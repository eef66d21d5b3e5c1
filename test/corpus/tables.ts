/** Process tables of a case as the rest of the program gets them. Pure. */

import { type Containers, NO_CONTAINERS } from '../../shared/model/container.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
import type { CorpusCase, CorpusProcess } from './case.ts'

const BOOT_ID = 'corpus'
const OWN_UID = 1000
const FIRST_AT = 1_000_000

/** A process that does not say when it began did so after the one listed before it, or when it was first seen. */
export function processTables({ tables, platform }: CorpusCase): readonly ProcessTable[] {
  const known = new Map<number, number>()
  let latest = 0
  return tables.map((rows, index) => {
    const processes = new Map<number, Process>()
    let last = latest
    for (const row of rows) {
      const startTicks = row.startTicks ?? known.get(row.pid) ?? last + 1
      known.set(row.pid, startTicks)
      last = startTicks
      latest = Math.max(latest, startTicks)
      if (processes.has(row.pid)) throw new Error(`table ${index} has pid ${row.pid} twice`)
      processes.set(row.pid, processOf(row, startTicks, platform))
    }
    return { at: FIRST_AT + index * 1000, processes }
  })
}

function processOf(
  row: CorpusProcess,
  startTicks: number,
  platform: CorpusCase['platform'],
): Process {
  const { stdinPeer: _, comm, argvBytes, ...same } = row
  const size = row.argvForm === 'given' && platform === 'linux' ? areaOf(row.argv) : null
  return {
    ...same,
    key: `${BOOT_ID}:${row.pid}:${startTicks}:${row.epoch}` as ProcessKey,
    bootId: BOOT_ID,
    startTicks,
    startedAt: startTicks * 10,
    comm: comm ?? basename(row.executable ?? row.argv[0] ?? '').slice(0, 15),
    argvBytes: argvBytes === undefined ? size : argvBytes,
    netns: platform === 'linux' ? 'net:[1]' : null,
    readable: row.uid === OWN_UID,
  }
}

function areaOf(argv: readonly string[]): number {
  return argv.reduce((size, word) => size + Buffer.byteLength(word) + 1, 0)
}

/** The same for every table: an engine tells of one that has ended, too. */
export function containersOf({ containers }: CorpusCase): Containers {
  if (containers.length === 0) return NO_CONTAINERS
  const all = containers.map(({ createdTicks, labels, ...told }) => ({
    ...told,
    labels: new Map(Object.entries(labels)),
    imageId: null,
    createdAt: createdTicks * 10,
    running: told.pid !== null,
  }))
  return { all, engines: [] }
}
