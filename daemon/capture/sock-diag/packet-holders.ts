/** Which packet sockets of a network namespace watched processes hold, each told once. No I/O. */
import type { Holder } from '../../../shared/model/observation.ts'
import type { Held } from './ledger.ts'

export interface PacketHolders {
  /**
   * `listed`: all inodes there are. Of each that was not told yet and that a process holds for which `isMember` holds,
   * the first such process. A socket of others is asked about again, as it can be handed on.
   */
  meet(
    listed: ReadonlySet<number>,
    held: Held,
    isMember: (holder: Holder) => boolean,
  ): readonly Holder[]
}

export function createPacketHolders(): PacketHolders {
  let told: ReadonlySet<number> = new Set()
  return {
    meet(listed, held, isMember) {
      // What is gone is forgotten: its number may be another socket's one day.
      const known = new Set([...told].filter((inode) => listed.has(inode)))
      const found: Holder[] = []
      for (const inode of listed) {
        const holder = known.has(inode) ? undefined : held.get(inode)?.find(isMember)
        if (holder === undefined) continue
        known.add(inode)
        found.push(holder)
      }
      told = known
      return found
    },
  }
}
