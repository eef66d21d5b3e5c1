/** Datagrams of netlink(7): messages behind each other, each with a header of 16 bytes. Pure and total. */

export const NLMSG_NOOP = 1
export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3
export const NLMSG_OVERRUN = 4
/** The table changed while it was being told. */
export const NLM_F_DUMP_INTR = 0x10

const HEADER_BYTES = 16

/** End of the message at `start` without its padding; -1 where no whole message fits before `end`. */
export function messageEnd(view: DataView, start: number, end: number): number {
  if (start + HEADER_BYTES > end) return -1
  const length = view.getUint32(start, true)
  return length < HEADER_BYTES || start + length > end ? -1 : start + length
}

/** Where the next message begins, counted from the end of this one: they are aligned to 4 bytes. */
export function nextStart(start: number, end: number): number {
  return start + ((end - start + 3) & ~3)
}

export function messageType(view: DataView, start: number): number {
  return view.getUint16(start + 4, true)
}

export function messageFlags(view: DataView, start: number): number {
  return view.getUint16(start + 6, true)
}

/** The number that the sender of the request gave it. */
export function messageSequence(view: DataView, start: number): number {
  return view.getUint32(start + 8, true)
}

export function numberMessage(message: Uint8Array, sequence: number): void {
  new DataView(message.buffer, message.byteOffset).setUint32(8, sequence, true)
}

/** The errno, positive, behind NLMSG_ERROR or NLMSG_DONE; 0 is success, and what a short message has. */
export function messageErrno(view: DataView, start: number, end: number): number {
  return end - start < HEADER_BYTES + 4 ? 0 : Math.abs(view.getInt32(start + HEADER_BYTES, true))
}
