/** What is claimed of a container's first process: that it belongs to an instance, or is the root of one. Pure. */
import type { Reason } from '../../shared/model/attribution.ts'
import type { Process } from '../../shared/model/process.ts'
import type { JoinClaim, RootClaim } from './claims.ts'
import { EVIDENCE } from './container-fit.ts'

export type Claim =
  | { readonly kind: 'join'; readonly join: JoinClaim }
  | { readonly kind: 'root'; readonly root: RootClaim }

/** It belongs to whatever `launcher` is a part of. */
export function joinOf(init: Process, launcher: Process, reasons: JoinClaim['reasons']): Claim {
  return { kind: 'join', join: { process: init, launcher, reasons, role: 'server' } }
}

export function rootOf(
  init: Process,
  claimed: Pick<RootClaim, 'serverIds' | 'quality' | 'reasons' | 'orphaned'>,
): Claim {
  const { serverIds, quality, reasons, orphaned } = claimed
  return {
    kind: 'root',
    root: { process: init, serverIds, quality, reasons, orphaned, isContained: true },
  }
}

/** Told by the container, and not by words. */
export function isContainerReason(reason: Reason): boolean {
  return EVIDENCE.some((evidence) => evidence === reason)
}
