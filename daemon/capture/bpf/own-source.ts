/** The kernel's programs as a source of records: loaded when it is opened, gone when it is stopped. */
import { arch } from 'node:os'
import type { Bpf, RingMapping, RingWait } from '../../native/bpf.ts'
import { isNativeFault, type Native } from '../../native/native.ts'
import type { ExactSource, SourceHearer, TakeRecord } from '../exact/parts.ts'
import { type Conditions, judgeConditions } from './conditions.ts'
import { type Loaded, loadPrograms } from './load-programs.ts'
import { RING_BYTES, VARIANTS } from './program-table.ts'
import { readConditions } from './read-conditions.ts'
import { type LoadFailure, refusalError } from './refusal.ts'
import { RingReader } from './ring.ts'
import { kernelRefusal } from './say-refusal.ts'

/** How long a look for records may wait; it is begun anew then. */
const WAIT_MS = 1_000
/** After each wait, so that many records are read at once: a waking costs more than a record. */
const GAP_MS = 10

export interface OwnSource extends ExactSource {
  readonly kind: 'own'
  readonly variant: Loaded['variant']
}

export interface OwnSourceParts {
  /** Default reads those of this process. */
  readonly conditions?: (machine: string, isMachineKnown: boolean) => Conditions
  readonly waitMs?: number
}

/**
 * Records are kept from now on. Throws NO_ENGINE where the programs would not tell the truth or are refused; its cause
 * is a `Refusal` (refusal.ts), with what the kernel said to each step.
 */
export function openOwnSource(native: Pick<Native, 'bpf'>, parts: OwnSourceParts = {}): OwnSource {
  const { conditions = readConditions, waitMs = WAIT_MS } = parts
  const { bpf } = native
  const judged = judgeConditions(conditions(arch(), bpf !== null))
  if (!judged.ok) throw refusalError(judged.refusal)
  if (bpf === null) throw new Error('a machine is known whose calls are not')
  const opened = open(bpf, judged.cgroup)
  return new RingSource(bpf, opened, waitMs)
}

interface Opened {
  readonly loaded: Loaded
  readonly mapping: RingMapping
  readonly wait: RingWait
}

function open(bpf: Bpf, cgroup: string): Opened {
  const failures: LoadFailure[] = []
  let isRaised = false
  for (const variant of VARIANTS) {
    for (;;) {
      const result = openVariant(bpf, cgroup, variant)
      if (!('failure' in result)) return result
      const { failure } = result
      // What is charged as locked memory is refused with EPERM like what is not allowed.
      const isCharged = failure.errno === 'EPERM' && failure.step !== 'attach'
      if (isCharged && !isRaised) {
        isRaised = true
        if (bpf.raiseLockedMemory()) continue
      }
      failures.push(failure)
      break
    }
  }
  throw refusalError(kernelRefusal(failures))
}

function openVariant(
  bpf: Bpf,
  cgroup: string,
  variant: Loaded['variant'],
): Opened | { readonly failure: LoadFailure } {
  const result = loadPrograms(bpf, cgroup, variant)
  if (!result.ok) return result
  const { loaded } = result
  let mapping: RingMapping | null = null
  try {
    mapping = bpf.mapRing(loaded.ring, RING_BYTES)
    return { loaded, mapping, wait: bpf.openWait(loaded.ring) }
  } catch (fault) {
    mapping?.close()
    loaded.close()
    if (!isNativeFault(fault)) throw fault
    return { failure: { variant, step: 'ring', name: '', errno: fault.errno, log: '' } }
  }
}

class RingSource implements OwnSource {
  readonly kind = 'own'
  readonly variant: Loaded['variant']
  readonly #bpf: Bpf
  readonly #opened: Opened
  readonly #waitMs: number
  readonly #reader: RingReader
  /** As counted by the kernel, up to the last drain. */
  #drops = 0
  #listening: Promise<void> | null = null
  #stopped: Promise<void> | null = null
  #endGap: () => void = () => undefined

  constructor(bpf: Bpf, opened: Opened, waitMs: number) {
    this.#bpf = bpf
    this.#opened = opened
    this.#waitMs = waitMs
    this.variant = opened.loaded.variant
    this.#reader = new RingReader(opened.mapping)
  }

  start(hearer: SourceHearer): void {
    if (this.#stopped === null) this.#listening ??= this.#listen(hearer)
  }

  /** After `stop` there is nothing. */
  drain(take: TakeRecord): number {
    if (this.#stopped !== null) return 0
    const unread = this.#reader.drain(take)
    const drops = this.#bpf.readCount(this.#opened.loaded.drops)
    const lost = drops - this.#drops + unread
    this.#drops = drops
    return lost
  }

  degraded(): readonly [] {
    return []
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #listen(hearer: SourceHearer): Promise<void> {
    try {
      while (this.#stopped === null) {
        const isReadable = await this.#opened.wait.wait(this.#waitMs)
        if (this.#stopped !== null) return
        if (isReadable) hearer.wake()
        await this.#gap()
      }
    } catch (error) {
      if (this.#stopped === null) hearer.fail(error)
    }
  }

  #gap(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GAP_MS)
      this.#endGap = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #stop(): Promise<void> {
    const { loaded, mapping, wait } = this.#opened
    wait.end()
    this.#endGap()
    await this.#listening
    wait.close()
    loaded.close()
    mapping.close()
  }
}
