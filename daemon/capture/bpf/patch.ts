/** Instructions name maps by constants; the kernel wants descriptors. Pure. */

const INSTRUCTION_BYTES = 8
/** BPF_LD | BPF_IMM | BPF_DW: loads 64 bits, and is two instructions long. */
const LOAD_64 = 0x18
/** In the upper half of the byte with the registers: the constant is a map's descriptor. */
const PSEUDO_MAP_FD = 1 << 4

/** A copy with each constant of `maps` replaced by its descriptor. Other constants are left as they are. */
export function patchMaps(instructions: Uint8Array, maps: ReadonlyMap<bigint, number>): Uint8Array {
  const patched = Uint8Array.from(instructions)
  const view = new DataView(patched.buffer)
  for (let at = 0; at + INSTRUCTION_BYTES <= patched.length; at += INSTRUCTION_BYTES) {
    if (view.getUint8(at) !== LOAD_64 || at + 2 * INSTRUCTION_BYTES > patched.length) continue
    const low = BigInt(view.getUint32(at + 4, true))
    const high = BigInt(view.getUint32(at + INSTRUCTION_BYTES + 4, true))
    const fd = maps.get((high << 32n) | low)
    if (fd !== undefined) {
      view.setUint8(at + 1, (view.getUint8(at + 1) & 0x0f) | PSEUDO_MAP_FD)
      view.setInt32(at + 4, fd, true)
      view.setUint32(at + INSTRUCTION_BYTES + 4, 0, true)
    }
    at += INSTRUCTION_BYTES
  }
  return patched
}
