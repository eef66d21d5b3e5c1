/** How long to rest after a batch: not at all for a burst, and so that lasting traffic costs a share of a core. Pure. */

export interface Rest {
  /** The pause in ms after a batch that took `cpuMs` of the processor. `isBehind`: not all could be told in it. */
  after(cpuMs: number, nowMs: number, isBehind: boolean): number
}

/** Of the processor, over about a second, before there is any rest: the answer to one request of a user. */
const FREE_MS = 150
const HALF_LIFE_MS = 1_000
/** Times the processor time that the batch took. */
const LASTING = 4
const BEHIND = 1

export function createRest(): Rest {
  let spentMs = 0
  let at = Number.NEGATIVE_INFINITY
  return {
    after(cpuMs, nowMs, isBehind) {
      spentMs = spentMs * 0.5 ** ((nowMs - at) / HALF_LIFE_MS) + cpuMs
      at = nowMs
      if (spentMs < FREE_MS) return 0
      return cpuMs * (isBehind ? BEHIND : LASTING)
    },
  }
}
